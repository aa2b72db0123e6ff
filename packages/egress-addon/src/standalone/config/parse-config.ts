import { resolve } from "node:path";
import { type Fault, formatListen, isLocal, type Located, nearest, nodeAt, type Parsed, type PasswordSource, type PlacedFault, readYaml, toLogin, toProblems, toUpstreamProxy } from "@bottle/standalone";
import type { TokenSource } from "../../credentials/sources/model.ts";
import type { ListenAddress } from "../../options.ts";
import type { EgressPolicy } from "../../policy/model.ts";
import type { StandaloneConfig } from "./config.ts";
import { judgeOptions } from "./judge-options.ts";
import { judgePolicy } from "./judge-policy.ts";
import { egressYaml, type Written } from "./schema.ts";

/**
 * Reads `egress.yaml`. Pure.
 * @param options.file the path as it was given, for messages
 * @param options.folder what relative paths start from
 */
export function parseConfig(text: string, { file, folder }: { readonly file: string; readonly folder: string }): Parsed<StandaloneConfig> {
  const { root, faults: found } = readYaml(text);
  const faults: PlacedFault[] = [...found];
  const report = (offset: number, fault: Fault): void => void faults.push({ offset, ...fault });
  if (root === undefined && faults.length === 0) report(0, { code: "file-empty", message: "The file holds nothing.", mend: "At least: listen, ca_directory and routes" });
  // What is not read as YAML is missing further down; only the first is worth saying.
  const written = root && faults.length === 0 ? egressYaml(root, { path: "", report }) : undefined;
  if (root && written) judge(written, root, report);
  if (faults.length > 0 || !written) return { ok: false, problems: toProblems(faults, { file, text }) };
  return { ok: true, config: toConfig(written, folder) };
}

type Report = (offset: number, fault: Fault) => void;

// Rules between values.
function judge(written: Written, root: Located, report: Report): void {
  const offsetOf = (...path: readonly (string | number)[]): number => nodeAt(root, ...path)?.offset ?? root.offset;
  judgePolicy(policyOf(written), root, report);
  judgeTokens(written, offsetOf, report);
  judgeOptions(written, offsetOf, report);
  const { listen, operator = {} } = written;
  if (!isLocal(listen) && (written.allow_remote !== true || written.proxy_credential === undefined)) {
    report(offsetOf("listen"), {
      code: "listen-remote", message: `${formatListen(listen)} lets other machines in, and through to every route with its credential.`,
      mend: "Listen on 127.0.0.1, or say allow_remote: true and give a proxy_credential that clients must present.",
    });
  }
  if (operator.listen !== undefined && !isLocal(operator.listen)) {
    report(offsetOf("operator", "listen"), { code: "listen-remote", message: "The operator's pages are for this machine alone.", mend: "Use 127.0.0.1 or a socket; let a local agent of your monitoring scrape it." });
  }
  const addresses = [listen, operator.listen, operator.control === undefined ? undefined : { unix: operator.control }].map((one) => one && formatListen(one));
  addresses.forEach((address, index) => {
    if (address === undefined || address.endsWith(":0") || addresses.indexOf(address) === index) return;
    report(offsetOf("operator", index === 1 ? "listen" : "control"), { code: "listen-taken", message: `${address} is listened on twice.`, mend: "Give each its own; the operator's must not be the clients'." });
  });
}

function judgeTokens({ routes, tokens = {} }: Written, offsetOf: (...path: readonly (string | number)[]) => number, report: Report): void {
  routes.forEach(({ auth }, index) => {
    if (auth === undefined || Object.hasOwn(tokens, auth.tokenRef)) return;
    const meant = nearest(auth.tokenRef, Object.keys(tokens));
    report(offsetOf("routes", index, "auth", "token_ref"), {
      code: "token-undeclared", message: `${/^[A-Z][A-Z0-9_]{0,40}$/.test(auth.tokenRef) ? auth.tokenRef : "This name"} is not in \`tokens\`, so nothing says where its value comes from.`,
      mend: meant === undefined ? "For example: tokens: { API_TOKEN: { env: API_TOKEN } }. The value itself does not belong in this file." : `Did you mean ${meant}?`,
    });
  });
}

function policyOf({ routes, dangerously_allow_all: dangerouslyAllowAll }: Written): EgressPolicy {
  return { routes, ...(dangerouslyAllowAll !== undefined && { dangerouslyAllowAll }) };
}

function toConfig(written: Written, folder: string): StandaloneConfig {
  const path = (given: string): string => resolve(folder, given);
  const address = (given: ListenAddress): ListenAddress => ("unix" in given ? { unix: path(given.unix) } : given);
  const password = (given: PasswordSource): PasswordSource => ("file" in given ? { file: path(given.file) } : given);
  // A program with a / is a path like any other; one without is looked for in PATH.
  const program = (given: string): string => (given.includes("/") ? path(given) : given);
  const source = (given: TokenSource): TokenSource =>
    ("command" in given ? { ...given, command: given.command.map((part, at) => (at === 0 ? program(part) : part)) } : password(given));
  const hop = written.upstream_proxy;
  const { operator = {}, proxy_credential: credential, tokens = {}, dlp = {} } = written;
  return {
    listen: address(written.listen),
    caDirectory: path(written.ca_directory),
    ...(written.ca_name !== undefined && { caName: written.ca_name }),
    ...(credential && { proxyCredential: toLogin(credential, path) }),
    policy: policyOf(written),
    tokens: Object.fromEntries(Object.entries(tokens).map(([name, given]) => [name, source(given)])),
    hosts: written.hosts ?? {},
    allowPrivate: written.allow_private ?? [],
    placeholders: written.placeholders ?? {},
    ...(hop && { upstreamProxy: { ...toUpstreamProxy(hop, path), kind: hop.kind ?? "proxy" } }),
    upstreamCas: (written.upstream_cas ?? []).map(path),
    dlp: {
      knownSecrets: (dlp.known_secrets ?? []).map(path), canaries: (dlp.canaries ?? []).map(path), packs: dlp.packs ?? [],
      ...(dlp.scan_limit_bytes !== undefined && { scanLimitBytes: dlp.scan_limit_bytes }),
    },
    audit: written.audit === undefined || written.audit === "stdout" ? "stdout" : { file: path(written.audit.file) },
    operator: { ...(operator.listen && { listen: address(operator.listen) }), ...(operator.control !== undefined && { control: path(operator.control) }) },
    ...(written.how_to_ask !== undefined && { howToAsk: written.how_to_ask }),
    ...(written.max_connections !== undefined && { maxConnections: written.max_connections }),
    timeouts: written.timeouts ?? {},
  };
}
