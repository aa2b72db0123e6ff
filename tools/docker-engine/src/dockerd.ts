import { spawn } from "node:child_process";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive, markProcess, type ProcessMark } from "@bottle/backend-core";
import { execa } from "execa";
import { DockerEngineError } from "./errors.ts";

/** Where one dockerd lives: `run` has its socket, pid file and exec root and is removed with it; `data` is its data root. */
export interface DockerdPlace {
  readonly run: string;
  readonly data: string;
}

/** How it is started. */
export interface DockerdOptions {
  /** Further arguments of dockerd, for example `--default-address-pool`. */
  readonly args?: readonly string[];
  /**
   * In a network namespace of its own. A second dockerd beside another one must be: it flushes the rules that keep the
   * first one's networks apart.
   */
  readonly hasOwnNetwork?: boolean;
}

const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;
const askTimeoutMs = 10_000;
const pollMs = 100;

/** Where a dockerd of that place answers. */
export function dockerHost({ run }: DockerdPlace): string {
  return `unix://${join(run, "docker.sock")}`;
}

/** The engine's version as it says itself; undefined if nothing answers. */
export async function engineVersion(env: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  const { exitCode, stdout } = await execa("docker", ["version", "--format", "{{.Server.Version}}"], { env, reject: false, timeout: askTimeoutMs });
  return exitCode === 0 && stdout.trim() !== "" ? stdout.trim() : undefined;
}

/** The dockerd of that place, if it runs. */
export async function runningDockerd({ run }: DockerdPlace): Promise<ProcessMark | undefined> {
  const pid = Number(await readFile(join(run, "docker.pid"), "utf8").catch(() => ""));
  // A number in a stale file may be somebody else's by now.
  const name = pid > 0 ? await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "") : "";
  return name.trim() === "dockerd" ? markProcess(pid) : undefined;
}

/**
 * Starts dockerd and waits until it answers. It is nobody's child for long: the process that started it may end first.
 * @throws DockerEngineError `engine-failed` with the last lines of its log
 */
export async function startDockerd(place: DockerdPlace, { args = [], hasOwnNetwork = false }: DockerdOptions = {}): Promise<void> {
  await clearRun(place);
  await mkdir(place.run, { recursive: true, mode: 0o700 });
  const log = join(place.run, "dockerd.log");
  await using output = await open(log, "a", 0o600);
  const command = [
    ...(hasOwnNetwork ? ["unshare", "--net", "--"] : []),
    "dockerd", "--data-root", place.data, "--exec-root", join(place.run, "exec"), "--pidfile", join(place.run, "docker.pid"), "-H", dockerHost(place), ...args,
  ];
  const child = spawn(command[0] ?? "", command.slice(1), { stdio: ["ignore", output.fd, output.fd], detached: true, cwd: "/" });
  let ended = false;
  for (const event of ["exit", "error"]) child.once(event, () => (ended = true));
  const signal = AbortSignal.timeout(startTimeoutMs);
  while (await engineVersion({ DOCKER_HOST: dockerHost(place) }) === undefined) {
    if (ended || signal.aborted) {
      child.kill("SIGKILL");
      const said = await readFile(log, "utf8").catch(() => "");
      throw new DockerEngineError("engine-failed", `dockerd did not start:\n${said.trimEnd().split("\n").slice(-8).join("\n")}`);
    }
    await delay(pollMs);
  }
  child.unref();
}

/** Ends dockerd, containers first, and removes what it ran with; the data root stays. */
export async function stopDockerd(place: DockerdPlace): Promise<void> {
  const mark = await runningDockerd(place);
  if (mark) await end(mark);
  await clearRun(place);
}

/** Ends the engine as a crash would; its containers and files stay. */
export async function killDockerd(place: DockerdPlace): Promise<void> {
  const mark = await runningDockerd(place);
  if (!mark) return;
  process.kill(mark.pid, "SIGKILL");
  while (isAlive(mark)) await delay(pollMs);
}

async function end(mark: ProcessMark): Promise<void> {
  process.kill(mark.pid, "SIGTERM");
  const signal = AbortSignal.timeout(stopTimeoutMs);
  while (isAlive(mark)) {
    if (signal.aborted) process.kill(mark.pid, "SIGKILL");
    await delay(pollMs);
  }
}

// A dockerd that was killed leaves its containerd, shims, mounts and network namespaces.
async function clearRun({ run, data }: DockerdPlace): Promise<void> {
  await endLeftovers(run);
  const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").map((line) => (line.split(" ")[1] ?? "").replaceAll("\\040", " "));
  for (const mount of mounts.filter((path) => [run, data].some((folder) => path === folder || path.startsWith(`${folder}/`))).toReversed()) {
    await execa("umount", ["--lazy", mount], { reject: false });
  }
  await rm(run, { recursive: true, force: true });
}

async function endLeftovers(run: string): Promise<void> {
  const { stdout } = await execa("ps", ["-eo", "pid=,args="], { reject: false });
  // Every process of containerd's names the exec root in its arguments.
  const pids = stdout.split("\n").filter((line) => line.includes(`${join(run, "exec")}/`)).map((line) => Number(line.trim().split(/\s/)[0]));
  const marks = (await Promise.all(pids.filter((pid) => pid !== process.pid).map(markProcess))).filter((mark) => mark !== undefined);
  for (const { pid } of marks) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It went by itself.
    }
  }
  while (marks.some(isAlive)) await delay(pollMs);
}
