import {
  type AuditTarget, type Field, filledFault, flag, integer, list, listenAddress, login, map, nodeAt, oneOf, pathFault, reachKeys, record, refined, text, upstreamProxyKeys, variableFault,
} from "@bottle/standalone";
import type { TokenSource } from "../../credentials/sources/model.ts";
import type { EgressTimeouts } from "../../options.ts";
import { route } from "./routes.ts";

const longestMs = 86_400_000;
const milliseconds = integer(1, longestMs);

const source: Field<TokenSource> = (node, at) => {
  if (node.kind === "map") return namedSource(node, at);
  at.report(node.offset, { code: "value-type", message: `\`${at.path}\` must say where the value is; the value itself does not belong in this file.`, mend: "{ env: API_TOKEN }, { file: PATH } or { command: [PROGRAM, …] }" });
  return undefined;
};

const namedSource: Field<TokenSource> = refined(
  map({}, { env: text((name) => variableFault(name)), file: text(pathFault), command: list(text(), { isFilled: true }), ttl_seconds: integer(1, 86_400), timeout_seconds: integer(1, 600) }),
  ({ env, file, command, ttl_seconds: ttlSeconds, timeout_seconds: timeoutSeconds }, node, at) => {
    const given = [env, file, command].filter((value) => value !== undefined);
    if (given.length !== 1) {
      at.report(node.offset, { code: "source-invalid", message: `\`${at.path}\` must have one of env, file and command, not ${given.length === 0 ? "none" : given.length} of them.`, mend: "For example: { env: API_TOKEN }" });
      return undefined;
    }
    const timed = ttlSeconds !== undefined ? "ttl_seconds" : timeoutSeconds !== undefined ? "timeout_seconds" : undefined;
    if (timed !== undefined && command === undefined) {
      at.report(nodeAt(node, timed)?.offset ?? node.offset, { code: "source-invalid", message: `\`${timed}\` is for a command; env and file are read anew by themselves.`, mend: "Remove it." });
      return undefined;
    }
    if (command !== undefined) return { command, ...(ttlSeconds !== undefined && { ttlSeconds }), ...(timeoutSeconds !== undefined && { timeoutSeconds }) };
    return env === undefined ? { file: file ?? "" } : { env };
  },
);

const auditTarget: Field<AuditTarget> = (node, at) => {
  if (node.kind === "scalar" && node.value === "stdout") return "stdout";
  if (node.kind === "map") return map({ file: text(pathFault) }, {})(node, at);
  at.report(node.offset, { code: "value-unknown", message: "`audit` is stdout, or a map with a file.", mend: "For example: audit: { file: audit.jsonl }" });
  return undefined;
};

const timeouts: Field<EgressTimeouts> = refined(
  map({}, { head_ms: milliseconds, handshake_ms: milliseconds, connect_ms: milliseconds, answer_ms: milliseconds }),
  ({ head_ms: headMs, handshake_ms: handshakeMs, connect_ms: connectMs, answer_ms: answerMs }) => ({
    ...(headMs !== undefined && { headMs }), ...(handshakeMs !== undefined && { handshakeMs }),
    ...(connectMs !== undefined && { connectMs }), ...(answerMs !== undefined && { answerMs }),
  }),
);

const clientsAddress = listenAddress({ port: 8080, unix: "/run/egress/proxy.sock" });

/** `egress.yaml` as written. Rules between values are `parse-config.ts`'s. */
export const egressYaml = map({ listen: clientsAddress, ca_directory: text(pathFault), routes: list(route) }, {
  ca_name: text((name) => filledFault(name) ?? (name.length > 64 ? { code: "value-invalid", message: "A certificate's common name has at most 64 characters (RFC 5280)." } : undefined)),
  allow_remote: flag,
  dangerously_allow_all: flag,
  proxy_credential: login,
  tokens: record((name) => variableFault(name), source),
  placeholders: record((name) => variableFault(name), text()),
  ...reachKeys,
  upstream_cas: list(text(pathFault)),
  upstream_proxy: map({ url: text() }, { ...upstreamProxyKeys, kind: oneOf("proxy", "pipelock") }),
  dlp: map({}, { known_secrets: list(text(pathFault)), canaries: list(text(pathFault)), packs: list(oneOf("entropy", "pii", "bip39")), scan_limit_bytes: integer(1, 1_073_741_824) }),
  audit: auditTarget,
  operator: map({}, { listen: clientsAddress, control: text(pathFault) }),
  how_to_ask: text(filledFault),
  max_connections: integer(1, 1_000_000),
  timeouts,
});

/** What the file says, in its own words. */
export type Written = NonNullable<ReturnType<typeof egressYaml>>;
