import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { interleave, machine, report } from "./measure.ts";
import { packedBottle, sandboxRuntime } from "./packed.ts";

// The agent's first instruction: it says when it ran, in nanoseconds since 1970.
const stamp = ["/bin/date", "+%s%N"];
const rounds = 15;
const hangMs = 60_000;

/** From exec to the first instruction of the agent, side by side: bare bwrap, sandbox-runtime, bottle start, bottle exec. */
export async function benchStart(): Promise<string> {
  const [bottle, srt] = await Promise.all([packedBottle(), sandboxRuntime()]);
  const folder = await mkdtemp(join(tmpdir(), "bottle-bench-start-"));
  const home = join(folder, "home");
  const env = { PATH: process.env["PATH"], HOME: folder, BOTTLE_HOME: home };
  await Promise.all(["agents", "bottles"].map((name) => mkdir(join(home, name), { recursive: true })));
  await writeFile(join(home, "bottles/plain.md"), "---\nworkspace: none\negress: { routes: [] }\n---\n");
  await writeFile(join(home, "agents/stamp.md"), `---\nkind: command\nbottle: plain\ncommand: ${JSON.stringify(stamp)}\n---\n`);
  await writeFile(join(home, "agents/wait.md"), `---\nkind: command\nbottle: plain\ncommand: [/bin/sleep, "100000"]\n---\n`);
  await writeFile(join(folder, "srt.json"), JSON.stringify({ network: { allowedDomains: ["example.com"], deniedDomains: [] }, filesystem: { denyRead: [], allowWrite: ["."], denyWrite: [] } }));
  const timed = async (file: string, args: readonly string[]): Promise<number> => {
    const startedNs = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
    const { stdout } = await execa(file, [...args], { cwd: folder, env, extendEnv: false, stdin: "ignore", timeout: hangMs });
    return Number(BigInt(/[0-9]{19}/.exec(stdout)?.[0] ?? 0n) - startedNs) / 1e6;
  };
  const node = process.execPath;
  await execa(node, [bottle, "start", "wait", "--yes", "--detach"], { cwd: folder, env, extendEnv: false, stdin: "ignore", timeout: hangMs });
  const identity = (await readdir(join(home, "state"))).find((name) => name.startsWith("wait-")) ?? "";
  try {
    const series = await interleave([
      { name: "bare bwrap", run: () => timed("bwrap", ["--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", ...stamp]) },
      { name: "sandbox-runtime", run: () => timed(node, [srt, "--settings", join(folder, "srt.json"), ...stamp]) },
      { name: "bottle start", run: () => timed(node, [bottle, "start", "stamp", "--yes"]) },
      { name: "bottle exec", run: () => timed(node, [bottle, "exec", identity, "--", ...stamp]) },
    ], rounds);
    return [`From exec to the agent's first instruction, warm, median of ${rounds}, contenders in turn. ${machine()}.`, "", report(series, "sandbox-runtime"), "",
      "Reach: bottle start ≤ 1.00, bottle exec ≤ 0.50."].join("\n");
  } finally {
    await execa(node, [bottle, "stop", "--all"], { cwd: folder, env, extendEnv: false, reject: false });
    await rm(folder, { recursive: true, force: true });
  }
}
