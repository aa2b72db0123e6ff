import { type AuditTarget, type Field, filledFault, flag, integer, list, listenAddress, map, oneOf, pathFault, reachKeys, record, refined, text, upstreamProxyKeys, variableFault } from "@bottle/standalone";
import type { SecretSource } from "./config.ts";
import { branchFault, hostKeyFault, repositoryFault, upstreamFault } from "./rules.ts";

const mostBytes = Number.MAX_SAFE_INTEGER;
const nameFault = (name: string): ReturnType<typeof variableFault> => variableFault(name, "DEPLOY_TOKEN");

const source: Field<SecretSource> = (node, at) => {
  if (node.kind === "map") return namedSource(node, at);
  at.report(node.offset, { code: "value-type", message: `\`${at.path}\` must say where the value is; the value itself does not belong in this file.`, mend: "{ env: DEPLOY_TOKEN } or { file: PATH }" });
  return undefined;
};

const namedSource: Field<SecretSource> = refined(map({}, { env: text(nameFault), file: text(pathFault) }), ({ env, file }, node, at) => {
  if (env !== undefined && file === undefined) return { env };
  if (file !== undefined && env === undefined) return { file };
  at.report(node.offset, { code: "source-invalid", message: `\`${at.path}\` must have one of env and file, not ${env === undefined ? "none" : "both"} of them.`, mend: "For example: { env: DEPLOY_TOKEN }" });
  return undefined;
});

const auditTarget: Field<AuditTarget> = (node, at) => {
  if (node.kind === "scalar" && node.value === "stdout") return "stdout";
  if (node.kind === "map") return map({ file: text(pathFault) }, {})(node, at);
  at.report(node.offset, { code: "value-unknown", message: "`audit` is stdout, or a map with a file.", mend: "For example: audit: { file: audit.jsonl }" });
  return undefined;
};

const branches = list(text(branchFault));

const repository = map({ name: text(repositoryFault), upstream: text(upstreamFault) }, {
  identity_file: text(pathFault),
  known_host_key: text(hostKeyFault),
  known_hosts: list(text(pathFault), { isFilled: true }),
  ca_file: text(pathFault),
  push: list(text(branchFault), { isFilled: true }),
  tags: flag,
  force: branches,
  delete: branches,
  stale: oneOf("allow", "refuse"),
  review: flag,
});

/** `gate.yaml` as written. Rules between values are `parse-config.ts`'s. */
export const gateYaml = map({ listen: listenAddress({ port: 9418, unix: "/run/git-gate/gate.sock" }), directory: text(pathFault), repositories: list(repository, { isFilled: true }) }, {
  allow_remote: flag,
  ...reachKeys,
  upstream_proxy: map({ url: text() }, upstreamProxyKeys),
  operator: map({}, { control: text(pathFault) }),
  secrets: record(nameFault, source),
  canaries: record(nameFault, source),
  packs: list(oneOf("entropy", "pii", "bip39")),
  limits: map({}, {
    objects: integer(1, mostBytes), object_bytes: integer(1, mostBytes), bytes: integer(1, mostBytes), pack_bytes: integer(1, mostBytes), scan_seconds: integer(1, 86_400),
  }),
  gitleaks: map({}, { use: oneOf("if-present", "required", "off"), program: text(filledFault) }),
  audit: auditTarget,
  how_to_ask: text(filledFault),
});

/** What the file says, in its own words. */
export type Written = NonNullable<ReturnType<typeof gateYaml>>;
