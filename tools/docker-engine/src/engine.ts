import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { dockerHost, engineVersion, killDockerd, runningDockerd, startDockerd, stopDockerd, type DockerdOptions } from "./dockerd.ts";
import { DockerEngineError } from "./errors.ts";
import { exclusively } from "./exclusive.ts";
import { keptRoot, openKeptFolder, type KeptFolder } from "./kept-folder.ts";
import { countUsers, noteUser } from "./users.ts";

/** An engine to test on. Disposing gives it up: the last user stops it, if the tests started it. */
export interface DockerEngine extends AsyncDisposable {
  /** What `docker`, compose and bottle need to find it. */
  readonly env: { readonly DOCKER_HOST: string };
}

/** An engine nobody else uses, to be broken. */
export interface OwnDockerEngine extends DockerEngine {
  /** Ends dockerd in order and starts it again with the same data. */
  restart(): Promise<void>;
  /** Ends dockerd by SIGKILL. */
  kill(): Promise<void>;
}

const lockTimeoutMs = 180_000;
const install = "apt-get install --yes docker.io docker-compose iptables";

/**
 * An engine: the one that is reachable, or as root a dockerd that all test processes share: the first starts it, the last
 * stops it, and its images stay. It has no container, network or volume when it starts.
 * @throws DockerEngineError `engine-missing` with the command to run, `engine-failed` with what dockerd said
 */
export async function startDockerEngine({ root = keptRoot }: { readonly root?: string } = {}): Promise<DockerEngine> {
  const reachable = root === keptRoot ? await reachableHost() : undefined;
  if (reachable !== undefined) return { env: { DOCKER_HOST: reachable }, [Symbol.asyncDispose]: () => Promise.resolve() };
  await refuseWithoutDockerd();
  const folder = await openKeptFolder(root);
  const lock = <T>(work: () => Promise<T>): Promise<T> => exclusively(`bottle-docker-engine:${folder.root}`, lockTimeoutMs, work);
  const user = await lock(async () => {
    await enter(folder);
    return noteUser(folder.users);
  });
  return {
    env: { DOCKER_HOST: dockerHost(folder) },
    [Symbol.asyncDispose]: () => lock(async () => {
      await rm(user, { force: true });
      if (await countUsers(folder.users) === 0) await stopDockerd(folder);
    }),
  };
}

/**
 * An engine of the caller's own with an empty data root and a network namespace of its own, for tests that restart or
 * overload it. Needs root.
 * @throws DockerEngineError as `startDockerEngine`
 */
export async function startOwnDockerEngine(options: Pick<DockerdOptions, "args"> = {}): Promise<OwnDockerEngine> {
  await refuseWithoutDockerd();
  const root = await mkdtemp(join(tmpdir(), "bottle-own-engine-"));
  const place = { run: join(root, "run"), data: join(root, "data") };
  const start = (): Promise<void> => startDockerd(place, { ...options, hasOwnNetwork: true });
  const stop = async (): Promise<void> => {
    await stopDockerd(place);
    await rm(root, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    env: { DOCKER_HOST: dockerHost(place) },
    kill: () => killDockerd(place),
    restart: async () => {
      await stopDockerd(place);
      await start();
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function enter(folder: KeptFolder): Promise<void> {
  const env = { DOCKER_HOST: dockerHost(folder) };
  if (await runningDockerd(folder) && await engineVersion(env) !== undefined) return;
  await stopDockerd(folder);
  await startDockerd(folder);
  // What a run that crashed with its engine left.
  const { stdout } = await execa("docker", ["ps", "--all", "--quiet"], { env });
  const containers = stdout.split("\n").filter(Boolean);
  if (containers.length > 0) await execa("docker", ["rm", "--force", "--volumes", ...containers], { env });
  await execa("docker", ["network", "prune", "--force"], { env });
  await execa("docker", ["volume", "prune", "--force"], { env });
}

async function reachableHost(): Promise<string | undefined> {
  if (await engineVersion().catch(() => undefined) === undefined) return undefined;
  const { stdout } = await execa("docker", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], { reject: false });
  return process.env["DOCKER_HOST"] ?? stdout.trim();
}

async function refuseWithoutDockerd(): Promise<void> {
  const programs = await Promise.all(["dockerd", "docker"].map((program) => execa(program, ["--version"], { reject: false })));
  if (process.getuid?.() !== 0) throw new DockerEngineError("engine-missing", "No Docker engine answers, and only root can start one. Start yours, or set DOCKER_HOST.");
  if (programs.some(({ exitCode }) => exitCode !== 0)) throw new DockerEngineError("engine-missing", `There is no Docker engine on this machine. Run: ${install}`);
}
