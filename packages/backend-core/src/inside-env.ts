/** The account's home inside, on every backend. */
export const homePath = "/home/node";
/** Where the project's files are inside, on every backend. */
export const workspacePath = "/workspace";
/** Read-only folder with what bottle tells the agent's programs. */
export const shownPath = "/etc/bottle";
/** Names and ports at which a bottle finds its sidecars, on every backend. */
export const endpoints = {
  egress: { host: "egress", port: 8080 },
  "git-gate": { host: "git-gate", port: 9418 },
  supervise: { host: "supervise", port: 9100 },
} as const;

const certificate = `${shownPath}/ca.pem`;
const bundle = `${shownPath}/ca-bundle.pem`;

// NODE_EXTRA_CA_CERTS and DENO_CERT add to the built-in roots; all others replace them, so they get the merged bundle.
const trust = {
  NODE_EXTRA_CA_CERTS: certificate,
  DENO_CERT: certificate,
  SSL_CERT_FILE: bundle,
  CURL_CA_BUNDLE: bundle,
  REQUESTS_CA_BUNDLE: bundle,
  PIP_CERT: bundle,
  GIT_SSL_CAINFO: bundle,
  CARGO_HTTP_CAINFO: bundle,
  AWS_CA_BUNDLE: bundle,
  UV_NATIVE_TLS: "true",
  CODEX_CA_CERTIFICATE: bundle,
  JAVA_TOOL_OPTIONS: `-Djavax.net.ssl.trustStore=${shownPath}/truststore.jks -Djavax.net.ssl.trustStorePassword=changeit`
    + ` -Dhttp.proxyHost=${endpoints.egress.host} -Dhttp.proxyPort=${endpoints.egress.port}`
    + ` -Dhttps.proxyHost=${endpoints.egress.host} -Dhttps.proxyPort=${endpoints.egress.port}`,
} as const;

/** What the egress asks of the bottle: Basic proxy authorisation. Worth nothing outside this one bottle. */
export interface ProxyCredential {
  readonly username: string;
  readonly password: string;
}

/**
 * The variables bottle itself sets inside: proxies in both cases (libcurl ignores upper-case HTTP_PROXY, CVE-2016-5388),
 * trust for Node, OpenSSL, curl, Python, git, cargo, deno, Java, and the ordinary account variables.
 */
export function insideEnv(credential: ProxyCredential): Readonly<Record<string, string>> {
  const proxy = `http://${credential.username}:${credential.password}@${endpoints.egress.host}:${endpoints.egress.port}`;
  const direct = ["localhost", "127.0.0.1", "::1", endpoints["git-gate"].host, endpoints.supervise.host].join(",");
  return {
    HOME: homePath,
    USER: "node",
    LOGNAME: "node",
    SHELL: "/bin/bash",
    LANG: "C.UTF-8",
    PATH: "/opt/bottle/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    NO_PROXY: direct,
    http_proxy: proxy,
    https_proxy: proxy,
    no_proxy: direct,
    NODE_USE_ENV_PROXY: "1",
    ...trust,
  };
}
