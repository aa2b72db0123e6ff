import type { PipelockHosts } from "./hosts.ts";
import { renderYaml } from "./yaml.ts";

/** What a pipelock is told. Addresses are `host:port`; files are absolute, or relative to the config's own directory. */
export interface PipelockConfig {
  readonly hosts: PipelockHosts;
  readonly listen: string;
  /** Apart from `listen`, so that `/metrics`, `/stats` and the kill switch are not on the port that requests come through. */
  readonly metricsListen: string;
  readonly apiListen: string;
  readonly caCertificateFile: string;
  /** EC key in SEC1 (RFC 5915) PEM, mode 0600. */
  readonly caKeyFile: string;
  /** Known secrets, one a line, with the SHA-256 of what is in it now: a reload is told from the last one by the config's own bytes. */
  readonly secrets?: { readonly file: string; readonly sha256: string };
}

const dayS = 86_400;

/**
 * Renders the config of pipelock v2.3 (internal/config/schema.go; its decoder refuses unknown keys). Strict mode, since only there its allow-list
 * counts; requests are blocked on a hit; answers are not scanned, for they come from where a route leads. Its rates, sizes and times are generous:
 * the limits of a route are this proxy's.
 */
export function renderPipelockConfig(config: PipelockConfig): string {
  const { hosts, secrets } = config;
  const note = secrets === undefined ? "" : `# secrets: sha256 ${secrets.sha256}\n`;
  return note + renderYaml({
    version: 1,
    mode: "strict",
    enforce: true,
    explain_blocks: false,
    api_allowlist: hosts.allowed,
    metrics_listen: config.metricsListen,
    fetch_proxy: {
      listen: config.listen,
      // Path and query entropy above 6.6 bits cannot be reached in ASCII: package files and signed URLs are all above the default.
      monitoring: { max_url_length: 16_384, entropy_threshold: 7, max_requests_per_minute: 100_000, max_data_per_minute: 0 },
    },
    forward_proxy: { enabled: true, max_tunnel_seconds: dayS, idle_timeout_seconds: 3_600, sni_verification: true },
    tls_interception: {
      enabled: true, ca_cert: config.caCertificateFile, ca_key: config.caKeyFile, passthrough_domains: hosts.passthrough.map(({ host }) => host),
      max_response_bytes: 64 * 1024 * 1024,
    },
    // Its environment is empty, so there is nothing to learn from it.
    dlp: { scan_env: false, include_defaults: true, ...(secrets === undefined ? {} : { secrets_file: secrets.file }) },
    request_body_scanning: { enabled: true, action: "block", max_body_bytes: 16 * 1024 * 1024, scan_headers: true, header_mode: "sensitive" },
    response_scanning: { enabled: false },
    websocket_proxy: { enabled: false },
    kill_switch: { api_listen: config.apiListen },
    logging: { format: "json", output: "stdout", include_allowed: false, include_blocked: true },
  });
}
