import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { interleave, machine, report } from "./measure.ts";
import { packedBottle } from "./packed.ts";

const rounds = 10;
const hangMs = 120_000;
const stamp = ["/bin/date", "+%s%N"];

/**
 * From exec to the first instruction of the agent, on the engine that `docker` reaches and with the images that are there
 * (`bottle images build`): bare `docker-compose up` and exec of the same images, and `bottle start --backend docker`.
 */
export async function benchDockerStart(): Promise<string> {
  const bottle = await packedBottle();
  const folder = await mkdtemp(join(tmpdir(), "bottle-bench-docker-"));
  const home = join(folder, "home");
  const env = { PATH: process.env["PATH"], HOME: folder, BOTTLE_HOME: home, DOCKER_HOST: process.env["DOCKER_HOST"], DOCKER_CONFIG: process.env["DOCKER_CONFIG"] };
  await Promise.all(["agents", "bottles"].map((name) => mkdir(join(home, name), { recursive: true })));
  await writeFile(join(home, "bottles/plain.md"), "---\nbackend: docker\nworkspace: none\negress: { routes: [] }\n---\n");
  await writeFile(join(home, "agents/stamp.md"), `---\nkind: command\nbottle: plain\ncommand: ${JSON.stringify(stamp)}\n---\n`);
  await writeFile(join(folder, "bare.json"), JSON.stringify(bareProject));
  const options = { cwd: folder, env, extendEnv: false, stdin: "ignore", timeout: hangMs } as const;
  const program = await composeProgram();
  const compose = [...program, "--project-name", "bottle-bench-bare", "--file", join(folder, "bare.json")] as const;
  const timed = async (run: () => Promise<{ readonly stdout: string }>): Promise<number> => {
    const startedNs = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));
    const { stdout } = await run();
    return Number(BigInt(/[0-9]{19}/.exec(stdout)?.[0] ?? 0n) - startedNs) / 1e6;
  };
  const bare = async (): Promise<number> => {
    try {
      return await timed(async () => {
        await execa("env", [...compose, "up", "--detach"], options);
        return execa("docker", ["exec", "bottle-bench-bare-agent", ...stamp], options);
      });
    } finally {
      await execa("env", [...compose, "down", "--volumes", "--timeout", "0"], { ...options, reject: false });
    }
  };
  const bareName = `${program.join(" ")} up, docker exec`;
  try {
    const series = await interleave([
      { name: bareName, run: bare },
      { name: "bottle start --backend docker", run: () => timed(() => execa(process.execPath, [bottle, "start", "stamp", "--yes", "--backend", "docker"], options)) },
    ], rounds);
    return [`From exec to the agent's first instruction in a container, warm, median of ${rounds}, in turn. ${machine()}.`, "", report(series, bareName), "", "Reach: ≤ 1.20."].join("\n");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The compose that bottle takes as well: the plugin, else `docker-compose`. */
async function composeProgram(): Promise<readonly string[]> {
  return (await execa("docker", ["compose", "version"], { reject: false })).exitCode === 0 ? ["docker", "compose"] : ["docker-compose"];
}

// The same images and the same two networks, nothing of bottle's.
const service = { read_only: true, user: "1000:1000", cap_drop: ["ALL"] };
const bareProject = {
  services: {
    agent: { ...service, image: "bottle-agent:0.1.0", container_name: "bottle-bench-bare-agent", command: ["sleep", "infinity"], init: true, networks: { inside: {} } },
    sidecars: { ...service, image: "bottle-sidecars:0.1.0", container_name: "bottle-bench-bare-sidecars", stdin_open: true, networks: { inside: {}, outside: {} } },
  },
  networks: { inside: { internal: true }, outside: {} },
};
