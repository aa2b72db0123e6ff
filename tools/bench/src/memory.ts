import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { machine } from "./measure.ts";
import { packedBottle } from "./packed.ts";

const bottles = 20;

/** Proportional memory of 20 idle bottles at once, without their agents, by what each process is for. */
export async function benchMemory(): Promise<string> {
  const bottle = await packedBottle();
  const folder = await mkdtemp(join(tmpdir(), "bottle-bench-memory-"));
  const home = join(folder, "home");
  const env = { PATH: process.env["PATH"], HOME: folder, BOTTLE_HOME: home };
  const run = (args: readonly string[]): Promise<unknown> => execa(process.execPath, [bottle, ...args], { cwd: folder, env, extendEnv: false, stdin: "ignore" });
  await Promise.all(["agents", "bottles"].map((name) => mkdir(join(home, name), { recursive: true })));
  await writeFile(join(home, "bottles/plain.md"), "---\nworkspace: none\negress: { routes: [] }\n---\n");
  await writeFile(join(home, "agents/wait.md"), `---\nkind: command\nbottle: plain\ncommand: [/bin/sleep, "100000"]\n---\n`);
  try {
    for (let index = 0; index < bottles; index += 1) await run(["start", "wait", "--yes", "--detach"]);
    const sizes = new Map<string, number>();
    for (const pid of (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name))) {
      const role = await roleOf(pid, home);
      if (role !== undefined) sizes.set(role, (sizes.get(role) ?? 0) + await proportionalKib(pid));
    }
    const rows = [...sizes].sort(([, a], [, b]) => b - a).map(([role, kib]) => `| ${role} | ${(kib / 1024 / bottles).toFixed(1)} |`);
    const total = [...sizes.values()].reduce((sum, kib) => sum + kib, 0);
    return [`Proportional set size per bottle, ${bottles} idle bottles at once, agents left out. ${machine()}.`, "", "| | MiB per bottle |", "|---|---|", ...rows, `| together | ${(total / 1024 / bottles).toFixed(1)} |`].join("\n");
  } finally {
    await run(["stop", "--all"]).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

async function roleOf(pid: string, home: string): Promise<string | undefined> {
  const [environ, line] = await Promise.all(["environ", "cmdline"].map((name) => readFile(`/proc/${pid}/${name}`, "latin1").catch(() => "")));
  if (!line || !(environ?.includes("BOTTLE_OWNED=") || environ?.includes(`BOTTLE_HOME=${home}`))) return undefined;
  if (line.includes("sidecars-gone")) return "relay";
  if (line.includes("sidecars")) return "sidecars";
  if (line.includes("--keeper")) return line.startsWith("tmux") ? "tmux" : "keeper";
  if (line.startsWith("bwrap")) return "bubblewrap";
  if (line.includes("$SIG{CHLD}")) return "first process";
  if (line.startsWith("tmux")) return "tmux";
  if (line.startsWith("script") || line.startsWith("sh\0")) return "terminal";
  return line.includes("sleep") ? undefined : "other";
}

async function proportionalKib(pid: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
  return Number(/^Pss:\s+([0-9]+)/m.exec(text)?.[1] ?? 0);
}
