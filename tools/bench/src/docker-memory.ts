import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { machine } from "./measure.ts";
import { packedBottle } from "./packed.ts";

const bottles = 10;
const startMs = 180_000;
// What a start leaves in memory has gone by then.
const restMs = 5000;

/**
 * Ten bottles of one agent started at the same moment on the engine that `docker` reaches, with the images that are there
 * (`bottle images build`): how long until all run, and what their containers hold when idle, as `docker stats` has it.
 */
export async function benchDockerMemory(): Promise<string> {
  const bottle = await packedBottle();
  const folder = await mkdtemp(join(tmpdir(), "bottle-bench-docker-memory-"));
  const home = join(folder, "home");
  const env = { PATH: process.env["PATH"], HOME: folder, BOTTLE_HOME: home, DOCKER_HOST: process.env["DOCKER_HOST"] };
  const options = { cwd: folder, env, extendEnv: false, stdin: "ignore", timeout: startMs } as const;
  const run = (args: readonly string[]): Promise<unknown> => execa(process.execPath, [bottle, ...args], options);
  await Promise.all(["agents", "bottles"].map((name) => mkdir(join(home, name), { recursive: true })));
  await writeFile(join(home, "bottles/plain.md"), "---\nbackend: docker\nworkspace: none\negress: { routes: [] }\n---\n");
  await writeFile(join(home, "agents/wait.md"), `---\nkind: command\nbottle: plain\ncommand: [/bin/sleep, "100000"]\n---\n`);
  try {
    const began = performance.now();
    await Promise.all(Array.from({ length: bottles }, () => run(["start", "wait", "--yes", "--detach"])));
    const seconds = (performance.now() - began) / 1000;
    await delay(restMs);
    const { stdout } = await execa("docker", ["stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}"], options);
    const usage = stdout.split("\n").map((line) => /^bottle-\S+-wait-\S+-(agent|sidecars) ([0-9.]+)(\w+)/.exec(line)).filter((found) => found !== null);
    const rows = ["sidecars", "agent"].map((service) => {
      const sizes = usage.filter(([, name]) => name === service).map(([, , number, unit]) => Number(number) * (unit === "KiB" ? 1 / 1024 : 1));
      return `| ${service} | ${sizes.length} | ${(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toFixed(1)} | ${Math.max(...sizes).toFixed(1)} |`;
    });
    return [`${bottles} bottles of one agent, started at the same moment: all ran after ${seconds.toFixed(1)} s. ${machine()}.`, "", "| container | how many | mean MiB | largest MiB |", "|---|---|---|---|", ...rows, "", "Reach: sidecars ≤ 100 MiB."].join("\n");
  } finally {
    await run(["stop", "--all"]).catch(() => undefined);
    await run(["cleanup", "--yes"]).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}
