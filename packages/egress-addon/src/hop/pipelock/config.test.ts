import { expect, test } from "vitest";
import { renderPipelockConfig } from "./config.ts";
import { pipelockHosts } from "./hosts.ts";
import { renderYaml } from "./yaml.ts";

const base = { listen: "127.0.0.1:8888", metricsListen: "127.0.0.1:8889", apiListen: "127.0.0.1:8890", caCertificateFile: "ca.pem", caKeyFile: "ca.key" };
const routes = [{ host: "api.example.com", auth: { scheme: "bearer", tokenRef: "T" } }, { host: "*.Example.org" }, { host: "registry.npmjs.org", dlp: "off" }] as const;

test("the config is this, to the byte", () => {
  expect(renderPipelockConfig({ ...base, hosts: pipelockHosts(routes), secrets: { file: "secrets.txt", sha256: "ab12" } })).toBe(`# secrets: sha256 ab12
version: 1
mode: "strict"
enforce: true
explain_blocks: false
api_allowlist:
  - "*.example.org"
  - "api.example.com"
  - "registry.npmjs.org"
metrics_listen: "127.0.0.1:8889"
fetch_proxy:
  listen: "127.0.0.1:8888"
  monitoring:
    max_url_length: 16384
    entropy_threshold: 7
    max_requests_per_minute: 100000
    max_data_per_minute: 0
forward_proxy:
  enabled: true
  max_tunnel_seconds: 86400
  idle_timeout_seconds: 3600
  sni_verification: true
tls_interception:
  enabled: true
  ca_cert: "ca.pem"
  ca_key: "ca.key"
  passthrough_domains:
    - "api.example.com"
    - "registry.npmjs.org"
  max_response_bytes: 67108864
dlp:
  scan_env: false
  include_defaults: true
  secrets_file: "secrets.txt"
request_body_scanning:
  enabled: true
  action: "block"
  max_body_bytes: 16777216
  scan_headers: true
  header_mode: "sensitive"
response_scanning:
  enabled: false
websocket_proxy:
  enabled: false
kill_switch:
  api_listen: "127.0.0.1:8890"
logging:
  format: "json"
  output: "stdout"
  include_allowed: false
  include_blocked: true
`);
});

// pipelock v2.3.0, internal/config/schema.go: the keys its decoder knows (`KnownFields`), of the sections that are used, with their kinds.
const schema: Readonly<Record<string, string>> = {
  version: "integer", mode: "strict|balanced|audit", enforce: "boolean", explain_blocks: "boolean", api_allowlist: "list", metrics_listen: "string",
  "fetch_proxy": "map", "fetch_proxy.listen": "string", "fetch_proxy.timeout_seconds": "integer", "fetch_proxy.max_response_mb": "integer", "fetch_proxy.user_agent": "string",
  "fetch_proxy.monitoring": "map", "fetch_proxy.monitoring.max_url_length": "integer", "fetch_proxy.monitoring.entropy_threshold": "integer",
  "fetch_proxy.monitoring.subdomain_entropy_threshold": "integer", "fetch_proxy.monitoring.max_requests_per_minute": "integer",
  "fetch_proxy.monitoring.max_data_per_minute": "integer", "fetch_proxy.monitoring.blocklist": "list", "fetch_proxy.monitoring.subdomain_entropy_exclusions": "list",
  forward_proxy: "map", "forward_proxy.enabled": "boolean", "forward_proxy.max_tunnel_seconds": "integer", "forward_proxy.idle_timeout_seconds": "integer",
  "forward_proxy.sni_verification": "boolean", "forward_proxy.redirect_websocket_hosts": "list",
  tls_interception: "map", "tls_interception.enabled": "boolean", "tls_interception.ca_cert": "string", "tls_interception.ca_key": "string",
  "tls_interception.passthrough_domains": "list", "tls_interception.cert_ttl": "string", "tls_interception.cert_cache_size": "integer", "tls_interception.max_response_bytes": "integer",
  dlp: "map", "dlp.scan_env": "boolean", "dlp.secrets_file": "string", "dlp.min_env_secret_length": "integer", "dlp.include_defaults": "boolean",
  request_body_scanning: "map", "request_body_scanning.enabled": "boolean", "request_body_scanning.action": "block|warn", "request_body_scanning.max_body_bytes": "integer",
  "request_body_scanning.scan_headers": "boolean", "request_body_scanning.header_mode": "sensitive|all", "request_body_scanning.sensitive_headers": "list", "request_body_scanning.ignore_headers": "list",
  response_scanning: "map", "response_scanning.enabled": "boolean", "response_scanning.action": "strip|warn|block|ask", "response_scanning.exempt_domains": "list",
  websocket_proxy: "map", "websocket_proxy.enabled": "boolean", kill_switch: "map", "kill_switch.api_listen": "string",
  logging: "map", "logging.format": "json|text", "logging.output": "stdout|file|both", "logging.file": "string", "logging.include_allowed": "boolean", "logging.include_blocked": "boolean",
};

/** Every key of a block YAML text with what stands after it, read by indentation alone and not by the renderer's own rules. */
function keysOf(yaml: string): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  const path: string[] = [];
  for (const line of yaml.split("\n").filter((one) => one.trim() !== "" && !one.startsWith("#"))) {
    const [, spaces = "", key, value = ""] = /^( *)([a-z_]+):(?: (.*))?$/.exec(line) ?? [];
    if (key === undefined) {
      expect(line).toMatch(/^ *- ".*"$/);
      keys.set(path.join("."), "list");
      continue;
    }
    path.length = spaces.length / 2;
    path.push(key);
    expect(keys.has(path.join("."))).toBe(false);
    keys.set(path.join("."), value);
  }
  return keys;
}

function fits(value: string, kind: string): boolean {
  if (kind === "map") return value === "";
  if (kind === "list") return value === "list" || value === "[]";
  if (kind === "integer") return /^[0-9]+$/.test(value);
  if (kind === "boolean") return /^(?:true|false)$/.test(value);
  return kind === "string" ? /^".+"$/.test(value) : kind.split("|").includes(String(JSON.parse(value)));
}

test.each([[routes], [[]], [[{ host: "[::1]" }, { host: "10.0.0.1" }]]])("every key is known to the schema and has its kind (pipelock itself was not run: it cannot be installed here)", (some) => {
  for (const secrets of [undefined, { file: "secrets.txt", sha256: "00" }]) {
    const yaml = renderPipelockConfig({ ...base, hosts: pipelockHosts(some), ...(secrets && { secrets }) });
    const bad = [...keysOf(yaml)].filter(([key, value]) => schema[key] === undefined || !fits(value, schema[key]));
    expect(bad).toEqual([]);
    expect(keysOf(yaml).get("api_allowlist")).toBe("list");
  }
});

test("the three listeners have three ports, and nothing but the proxy's is asked to leave loopback", () => {
  const yaml = renderPipelockConfig({ ...base, listen: "0.0.0.0:8888", hosts: pipelockHosts(routes) });
  expect(yaml.match(/listen: .*/g)).toEqual(['listen: "127.0.0.1:8889"', 'listen: "0.0.0.0:8888"', 'listen: "127.0.0.1:8890"']);
});

test.each(["a\nmode: balanced", "x: y", "- z", "\"", "#c", "&a", "*b", "!!binary x", "yes", "1", "~", "\u2028", "\\", "{}", "\t"])("%j stays one quoted scalar", (text) => {
  const yaml = renderYaml({ key: text, list: [text] });
  expect(yaml.split("\n")).toHaveLength(4);
  expect(yaml).toBe(`key: ${JSON.stringify(text)}\nlist:\n  - ${JSON.stringify(text)}\n`);
});
