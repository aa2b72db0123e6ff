import { resolve } from "node:path";
import { type Fault, formatListen, isLocal, type Located, nodeAt, type Parsed, type PlacedFault, readYaml, toProblems, toUpstreamProxy, upstreamProxyFault } from "@bottle/standalone";
import type { GateRepository } from "../../options.ts";
import { parseUpstream, upstreamKey } from "@bottle/manifest/upstream";
import type { SecretSource, StandaloneConfig } from "./config.ts";
import { gateYaml, type Written } from "./schema.ts";

/**
 * Reads `gate.yaml`. Pure.
 * @param options.file the path as it was given, for messages
 * @param options.folder what relative paths start from
 */
export function parseConfig(text: string, { file, folder }: { readonly file: string; readonly folder: string }): Parsed<StandaloneConfig> {
  const { root, faults: found } = readYaml(text);
  const faults: PlacedFault[] = [...found];
  const report = (offset: number, fault: Fault): void => void faults.push({ offset, ...fault });
  if (root === undefined && faults.length === 0) report(0, { code: "file-empty", message: "The file holds nothing.", mend: "At least: listen, directory and repositories" });
  // What is not read as YAML is missing further down; only the first is worth saying.
  const written = root && faults.length === 0 ? gateYaml(root, { path: "", report }) : undefined;
  if (root && written) judge(written, root, report);
  if (faults.length > 0 || !written) return { ok: false, problems: toProblems(faults, { file, text }) };
  return { ok: true, config: toConfig(written, folder) };
}

type Report = (offset: number, fault: Fault) => void;
type OffsetOf = (...path: readonly (string | number)[]) => number;

// Rules between values.
function judge(written: Written, root: Located, report: Report): void {
  const offsetOf: OffsetOf = (...path) => nodeAt(root, ...path)?.offset ?? root.offset;
  const { listen, repositories, upstream_proxy: hop, operator = {} } = written;
  const unread = hop && upstreamProxyFault(hop);
  if (unread) report(offsetOf("upstream_proxy", unread.key), unread.fault);
  if ("unix" in listen && listen.unix === operator.control) report(offsetOf("operator", "control"), { code: "listen-taken", message: `${formatListen(listen)} is listened on twice.`, mend: "Give each its own; the operator's must not be the programs'." });
  if (!isLocal(listen) && written.allow_remote !== true) {
    report(offsetOf("listen"), {
      code: "listen-remote", message: `${formatListen(listen)} lets other machines in: whoever reaches the gate pushes with its keys.`,
      mend: "Listen on 127.0.0.1, or say allow_remote: true where only your own programs reach that network.",
    });
  }
  repositories.forEach((_, index) => judgeRepository(repositories, index, (key, fault) => report(offsetOf("repositories", index, key), fault)));
}

function judgeRepository(repositories: Written["repositories"], index: number, report: (key: string, fault: Fault) => void): void {
  const [{ name, upstream, identity_file: identityFile, known_host_key: key, known_hosts: files } = { name: "", upstream: "" }] = repositories.slice(index);
  const address = parseUpstream(upstream);
  if (address === undefined) return;
  const before = repositories.slice(0, index);
  const same = before.find((other) => keyOf(other.upstream) === upstreamKey(address));
  if (before.some((other) => other.name.toLowerCase() === name.toLowerCase())) report("name", { code: "name-taken", message: `Two repositories are called ${name}.`, mend: "Give each a name of its own." });
  if (same !== undefined) report("upstream", { code: "upstream-taken", message: `${same.name} is the same upstream, reached in another way.`, mend: "Keep one." });
  if (address.transport === "ssh") {
    if (key === undefined && files === undefined) {
      report("upstream", {
        code: "host-key-missing", message: "Nothing says which host key is the upstream's, and none is trusted because it came first.",
        mend: `known_host_key: ssh-ed25519 AAAA… (compare what \`ssh-keyscan -t ed25519 ${address.host}\` prints with what the host's operator says),\nor known_hosts: [/etc/ssh/ssh_known_hosts]`,
      });
    }
    if (key !== undefined && files !== undefined) report("known_hosts", { code: "host-key-twice", message: "With known_host_key no other key counts.", mend: "Keep one of the two." });
    return;
  }
  const given = identityFile !== undefined ? "identity_file" : key !== undefined ? "known_host_key" : files !== undefined ? "known_hosts" : undefined;
  if (given !== undefined) report(given, { code: "ssh-only", message: `\`${given}\` is for SSH, and ${name} is reached over HTTPS.`, mend: `Use its ssh:// address, or remove ${given}.` });
}

function keyOf(upstream: string): string | undefined {
  const address = parseUpstream(upstream);
  return address && upstreamKey(address);
}

function toConfig(written: Written, folder: string): StandaloneConfig {
  const path = (given: string): string => resolve(folder, given);
  const { listen, limits = {}, gitleaks = {} } = written;
  const sources = (given: Readonly<Record<string, SecretSource>> = {}): Readonly<Record<string, SecretSource>> =>
    Object.fromEntries(Object.entries(given).map(([name, source]) => [name, "file" in source ? { file: path(source.file) } : source]));
  return {
    listen: "unix" in listen ? { unix: path(listen.unix) } : listen,
    directory: path(written.directory),
    repositories: written.repositories.map((one) => toRepository(one, path)),
    hosts: written.hosts ?? {},
    allowPrivate: written.allow_private ?? [],
    ...(written.upstream_proxy && { upstreamProxy: toUpstreamProxy(written.upstream_proxy, path) }),
    ...(written.operator?.control !== undefined && { control: path(written.operator.control) }),
    secrets: sources(written.secrets),
    canaries: sources(written.canaries),
    packs: written.packs ?? [],
    limits: {
      ...(limits.objects !== undefined && { objects: limits.objects }), ...(limits.object_bytes !== undefined && { objectBytes: limits.object_bytes }),
      ...(limits.bytes !== undefined && { bytes: limits.bytes }), ...(limits.pack_bytes !== undefined && { packBytes: limits.pack_bytes }),
      ...(limits.scan_seconds !== undefined && { scanMs: limits.scan_seconds * 1000 }),
    },
    // A program with a / is a path like any other; one without is looked for in PATH.
    gitleaks: { ...(gitleaks.use !== undefined && { use: gitleaks.use }), ...(gitleaks.program !== undefined && { program: gitleaks.program.includes("/") ? path(gitleaks.program) : gitleaks.program }) },
    audit: written.audit === undefined || written.audit === "stdout" ? "stdout" : { file: path(written.audit.file) },
    ...(written.how_to_ask !== undefined && { howToAsk: written.how_to_ask }),
  };
}

function toRepository(given: Written["repositories"][number], path: (given: string) => string): GateRepository {
  const { name, upstream, identity_file: identityFile, known_host_key: knownHostKey, known_hosts: knownHosts, ca_file: caFile, push, tags, force, stale, review } = given;
  return {
    name, upstream, ...(identityFile !== undefined && { identityFile: path(identityFile) }), ...(knownHostKey !== undefined && { knownHostKey }),
    ...(knownHosts && { knownHostsFiles: knownHosts.map(path) }), ...(caFile !== undefined && { caFile: path(caFile) }), ...(push && { push }), ...(tags !== undefined && { tags }),
    ...(force && { force }), ...(given.delete && { delete: given.delete }), ...(stale && { stale }), ...(review !== undefined && { review }),
  };
}
