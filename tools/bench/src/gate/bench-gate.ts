import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type GitGate, startGitGate } from "@bottle/git-gate";
import { createScanner } from "@bottle/secret-scan";
import { execa } from "execa";
import { interleave, machine, median, range, table } from "../measure.ts";
import { makeFiles, writeFiles } from "./content.ts";
import { type Sshd, startSshd } from "./sshd.ts";

const size = { files: 4_948, bytes: 50_000_000 };
const secrets = Array.from({ length: 20 }, (_, index) => ({ name: `SECRET_${index}`, value: `${(index + 7) ** 9}-known-${(index + 3) ** 7}-value` }));
const branch = "HEAD:refs/heads/work";

/** A push of 50 MB in 5 000 objects and one of a single commit, through the gate and straight to the upstream, over one sshd; and the scan alone. */
export async function benchGate(args: readonly string[]): Promise<string> {
  const { values } = parseArgs({ args: [...args], options: { quick: { type: "boolean" }, rounds: { type: "string" }, gitleaks: { type: "boolean" } } });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  const folder = await mkdtemp(join(tmpdir(), "bottle-bench-gate-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const sshd = stack.use(await startSshd(join(folder, "ssh")));
  const files = await makeFiles(size);
  const rig = await makeRig(folder, { sshd, files, rounds, useGitleaks: values.gitleaks === true });
  stack.use(rig.gate);
  const large = await interleave([
    { name: "straight to the upstream", run: () => rig.pushLarge("direct") },
    { name: "through the gate", run: () => rig.pushLarge("gate") },
  ], rounds);
  const small = await interleave([
    { name: "straight to the upstream", run: () => rig.pushSmall("direct") },
    { name: "through the gate", run: () => rig.pushSmall("gate") },
  ], Math.max(2, rounds * 3));
  const [scans = [], hashes = []] = (await interleave([{ name: "scan", run: () => scanAlone(files) }, { name: "SHA-256", run: () => hashAlone(files) }], rounds)).map(({ samples }) => samples);
  const [direct, gated] = large.map(({ samples }) => median(samples));
  const [one, more] = small.map(({ samples }) => median(samples));
  return [
    `A push of ${size.bytes / 1e6} MB in ${rig.objects} objects, and one of a single commit; median of ${rounds} and ${Math.max(2, rounds * 3)} rounds with their range, in turn, over one sshd${
      values.gitleaks === true ? `; gitleaks: ${JSON.stringify(rig.gate.gitleaks)}` : ""}. ${machine()}.`, "",
    table(["", "50 MB: ms", "range", "one commit: ms", "range"], large.map(({ name, samples }, index) =>
      [name, median(samples).toFixed(0), range(samples, 0), median(small[index]?.samples ?? []).toFixed(0), range(small[index]?.samples ?? [], 0)])), "",
    `The gate takes ${((gated ?? NaN) / (direct ?? NaN)).toFixed(2)} times as long for 50 MB (reach: 2), and adds ${((more ?? NaN) - (one ?? NaN)).toFixed(0)} ms to one commit (reach: 150).`,
    `The scan alone, on one core: ${median(scans).toFixed(1)} MB/s (${range(scans, 1)}; reach: 60). SHA-256 of the same files, in turn, for a measure of the core: ${median(hashes).toFixed(0)} MB/s (${range(hashes, 0)}).`,
  ].join("\n");
}

interface Rig {
  readonly gate: GitGate;
  readonly objects: number;
  /** Pushes everything to an upstream that has nothing. @returns milliseconds */
  pushLarge(way: "direct" | "gate"): Promise<number>;
  /** Pushes one new commit with one small file to an upstream that has the rest. @returns milliseconds */
  pushSmall(way: "direct" | "gate"): Promise<number>;
}

interface RigOptions {
  readonly sshd: Sshd;
  readonly files: ReadonlyMap<string, Buffer>;
  readonly rounds: number;
  readonly useGitleaks: boolean;
}

async function makeRig(folder: string, { sshd, files, rounds, useGitleaks }: RigOptions): Promise<Rig> {
  const work = join(folder, "work");
  const env = {
    HOME: folder, GIT_CONFIG_NOSYSTEM: "1", GIT_SSH_COMMAND: sshd.command, GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Bench", GIT_AUTHOR_EMAIL: "bench@example.com", GIT_COMMITTER_NAME: "Bench", GIT_COMMITTER_EMAIL: "bench@example.com",
  };
  const git = async (...args: readonly string[]): Promise<string> => (await execa("git", ["-c", "gc.auto=0", ...args], { cwd: folder, env })).stdout;
  const upstream = (name: string): string => join(folder, "upstreams", `${name}.git`);
  // An upstream for each large push, since it keeps what it got; the first round only warms up.
  const names = { direct: [] as string[], gate: [] as string[] };
  for (const way of ["direct", "gate"] as const) {
    names[way] = ["small", ...Array.from({ length: rounds + 1 }, (_, index) => `large-${index}`)].map((name) => `${way}-${name}`);
    for (const name of names[way]) await git("init", "--quiet", "--bare", "--initial-branch=main", upstream(name));
  }
  await git("init", "--quiet", "--initial-branch=main", work);
  await writeFiles(work, files);
  await git("-C", work, "add", "--all");
  await git("-C", work, "commit", "--quiet", "--message", "everything");
  const base = await git("-C", work, "rev-parse", "HEAD");
  const objects = (await git("-C", work, "rev-list", "--objects", "--all")).split("\n").length;
  const gate = await startGitGate({
    listen: { host: "127.0.0.1", port: 0 }, directory: join(folder, "gate"), secrets: () => secrets, gitleaks: { use: useGitleaks ? "required" : "off" },
    repositories: names.gate.map((name) => ({ name, upstream: sshd.url(upstream(name)), identityFile: sshd.identityFile, knownHostKey: sshd.knownHostKey })),
  });
  const port = "port" in gate.address ? gate.address.port : 0;
  const target = (way: "direct" | "gate", name: string): string => way === "direct" ? sshd.url(upstream(name)) : `http://127.0.0.1:${port}/${name}.git`;
  const push = async (way: "direct" | "gate", name: string, what: string): Promise<number> => {
    const began = performance.now();
    await git("-C", work, "push", "--quiet", target(way, name), what);
    return performance.now() - began;
  };
  for (const way of ["direct", "gate"] as const) await push(way, `${way}-small`, `${base}:refs/heads/work`);
  const next = { direct: 0, gate: 0 };
  let small = 0;
  return {
    gate, objects,
    async pushLarge(way) {
      const round = next[way];
      next[way] += 1;
      return push(way, `${way}-large-${round}`, `${base}:refs/heads/work`);
    },
    async pushSmall(way) {
      small += 1;
      await writeFile(join(work, "one.txt"), `change ${small}\n`);
      await git("-C", work, "add", "one.txt");
      await git("-C", work, "commit", "--quiet", "--message", `change ${small}`);
      return push(way, `${way}-small`, branch);
    },
  };
}

// As the gate does it, without git. Processor time, so that others on the machine do not count.
async function scanAlone(files: ReadonlyMap<string, Buffer>): Promise<number> {
  const scanner = createScanner({ known: secrets, limits: { inflatedBytes: 128 << 20, wholeBytes: 128 << 20 } });
  return megabytesPerSecond(files, (content) => void scanner.bytes(content, { where: "" }));
}

async function hashAlone(files: ReadonlyMap<string, Buffer>): Promise<number> {
  return megabytesPerSecond(files, (content) => void createHash("sha256").update(content).digest());
}

function megabytesPerSecond(files: ReadonlyMap<string, Buffer>, run: (content: Buffer) => void): number {
  const began = process.cpuUsage();
  let bytes = 0;
  for (const content of files.values()) {
    run(content);
    bytes += content.length;
  }
  const { user, system } = process.cpuUsage(began);
  return bytes / (user + system);
}
