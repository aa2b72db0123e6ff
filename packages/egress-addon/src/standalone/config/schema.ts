import type { EgressTimeouts } from "../../options.ts";
import type { PrivateAllowance } from "../../guard/destination.ts";
import type { AuditTarget, SecretSource } from "./config.ts";
import { type Field, flag, integer, list, map, record, refined, text } from "./fields.ts";
import { listenAddress } from "./listen-address.ts";
import { route } from "./routes.ts";
import { filledFault, fixedHostFault, hostFault, pathFault, rangeFault, variableFault } from "./rules.ts";
import { nodeAt } from "./tree.ts";

const longestMs = 86_400_000;
const milliseconds = integer(1, longestMs);

const source: Field<SecretSource> = (node, at) => {
  if (node.kind === "map") return namedSource(node, at);
  at.report(node.offset, { code: "value-type", message: `\`${at.path}\` must say where the value is; the value itself does not belong in this file.`, mend: "{ env: API_TOKEN }, { file: PATH } or { command: [PROGRAM, …] }" });
  return undefined;
};

const namedSource: Field<SecretSource> = refined(
  map({}, { env: text(variableFault), file: text(pathFault), command: list(text(), { isFilled: true }), ttl_seconds: integer(1, 86_400) }),
  ({ env, file, command, ttl_seconds: ttlSeconds }, node, at) => {
    const given = [env, file, command].filter((value) => value !== undefined);
    if (given.length !== 1) {
      at.report(node.offset, { code: "source-invalid", message: `\`${at.path}\` must have one of env, file and command, not ${given.length === 0 ? "none" : given.length} of them.`, mend: "For example: { env: API_TOKEN }" });
      return undefined;
    }
    if (ttlSeconds !== undefined && command === undefined) {
      at.report(nodeAt(node, "ttl_seconds")?.offset ?? node.offset, { code: "source-invalid", message: "`ttl_seconds` is for a command; env and file are read anew by themselves.", mend: "Remove it." });
      return undefined;
    }
    if (command !== undefined) return { command, ttlSeconds: ttlSeconds ?? 300 };
    return env === undefined ? { file: file ?? "" } : { env };
  },
);

const proxyCredential: Field<{ readonly username: string; readonly password: SecretSource }> = refined(
  map({ username: text((name) => filledFault(name) ?? (name.includes(":") ? { code: "name-invalid", message: "A username cannot have a colon (RFC 7617)." } : undefined)) },
    { password_env: text(variableFault), password_file: text(pathFault) }),
  ({ username, password_env: env, password_file: file }, node, at) => {
    if (env !== undefined && file === undefined) return { username, password: { env } };
    if (file !== undefined && env === undefined) return { username, password: { file } };
    at.report(node.offset, { code: "source-invalid", message: "`proxy_credential` must have password_env or password_file, one of them.", mend: "For example: password_env: EGRESS_PASSWORD" });
    return undefined;
  },
);

const allowance: Field<PrivateAllowance> = map({ host: text(hostFault), port: integer(1, 65_535), cidr: text(rangeFault) }, {});

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

/** `egress.yaml` as written. Rules between values are `parse-config.ts`'s. */
export const egressYaml = map({ listen: listenAddress, ca_directory: text(pathFault), routes: list(route) }, {
  ca_name: text((name) => filledFault(name) ?? (name.length > 64 ? { code: "value-invalid", message: "A certificate's common name has at most 64 characters (RFC 5280)." } : undefined)),
  allow_remote: flag,
  dangerously_allow_all: flag,
  proxy_credential: proxyCredential,
  tokens: record(variableFault, source),
  hosts: record(hostFault, text(fixedHostFault)),
  allow_private: list(allowance),
  upstream_cas: list(text(pathFault)),
  audit: auditTarget,
  operator: map({}, { listen: listenAddress, control: text(pathFault) }),
  how_to_ask: text(filledFault),
  max_connections: integer(1, 1_000_000),
  timeouts,
});
