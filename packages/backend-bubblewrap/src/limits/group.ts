import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BottleError, kill } from "@bottle/backend-core";
import type { Limits } from "@bottle/manifest";
import { controllers, type Controller, type LimitsSupport } from "./detect.ts";

/** The control groups of one bottle; disposing ends what is left in them and removes them. */
export interface LimitGroup extends AsyncDisposable {
  readonly paths: readonly string[];
  /** A process that writes its pid to each of these is under the limits, and so is all it starts. */
  readonly procsFiles: readonly string[];
}

const attempts = 40;
const pauseMs = 25;

/** What a bottle's groups are called: by its owner's label, since two homes may hold an equal identity. */
export function limitGroupName(label: string): string {
  return `bottle-${label.replaceAll(":", "-")}`;
}

/**
 * Makes a group for each limit that is asked and can be enforced; without one, nothing is made.
 * @throws BottleError `launch-failed` if a group that should work cannot be made or set
 */
export async function createLimitGroup(name: string, limits: Limits, support: LimitsSupport): Promise<LimitGroup> {
  const wanted = settings(limits);
  const made = new Set<string>();
  try {
    for (const controller of controllers) {
      const parent = support.parents[controller];
      const values = wanted[controller];
      if (parent === undefined || values === undefined) continue;
      const path = join(parent, name);
      await mkdir(path, { recursive: true });
      made.add(path);
      await set(path, support[controller] === "cgroup2" ? values.unified : values.legacy);
    }
  } catch (cause) {
    await removeLimitGroups([...made]);
    throw new BottleError("launch-failed", `The limits of ${name} could not be set: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      mend: "Leave `limits` out of the bottle's manifest, or run where control groups can be written.", cause,
    });
  }
  const paths = [...made];
  return { paths, procsFiles: procsFilesOf(paths), [Symbol.asyncDispose]: () => removeLimitGroups(paths) };
}

/** Where a pid is written to join groups. */
export function procsFilesOf(paths: readonly string[]): readonly string[] {
  return paths.map((path) => join(path, "cgroup.procs"));
}

/** Groups of a name that are on this host, whoever made them. */
export async function findLimitGroups(name: string, support: LimitsSupport): Promise<readonly string[]> {
  const parents = new Set<string>(Object.values(support.parents));
  const found = await Promise.all([...parents].map(async (parent) => ((await readdir(parent).catch((): string[] => [])).includes(name) ? join(parent, name) : undefined)));
  return found.filter((path) => path !== undefined);
}

/** Ends what runs in the groups and removes them; only folders with bottle's own naming are touched. */
export async function removeLimitGroups(paths: readonly string[]): Promise<void> {
  for (const path of paths.filter((candidate) => /^bottle-[a-z0-9-]+$/.test(basename(candidate)))) await remove(path);
}

async function remove(path: string): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const pids = (await readFile(join(path, "cgroup.procs"), "utf8").catch(() => "")).split("\n").filter(Boolean).map(Number);
    for (const pid of pids) kill(pid, "SIGKILL");
    const isGone = await rmdir(path).then(() => true, (error: NodeJS.ErrnoException) => error.code === "ENOENT");
    if (isGone) return;
    await delay(pauseMs);
  }
}

interface Setting {
  readonly unified: Readonly<Record<string, string>>;
  readonly legacy: Readonly<Record<string, string>>;
}

const periodUs = 100_000;

// Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/{memory,pids}.rst, scheduler/sched-bwc.rst of the Linux kernel.
function settings({ memoryBytes, pids, cpus }: Limits): Partial<Record<Controller, Setting>> {
  const quota = String(Math.max(1000, Math.round((cpus ?? 0) * periodUs)));
  return {
    ...(memoryBytes !== undefined && { memory: {
      unified: { "memory.max": String(memoryBytes), "memory.swap.max": "0", "memory.oom.group": "0" },
      legacy: { "memory.limit_in_bytes": String(memoryBytes) },
    } }),
    ...(pids !== undefined && { pids: { unified: { "pids.max": String(pids) }, legacy: { "pids.max": String(pids) } } }),
    ...(cpus !== undefined && { cpu: {
      unified: { "cpu.max": `${quota} ${periodUs}` },
      legacy: { "cpu.cfs_period_us": String(periodUs), "cpu.cfs_quota_us": quota },
    } }),
  };
}

async function set(path: string, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, value] of Object.entries(values)) {
    // Kernels without swap accounting have no memory.swap.max; the memory limit holds all the same.
    await writeFile(join(path, file), value).catch((error: NodeJS.ErrnoException) => {
      if (file !== "memory.swap.max") throw error;
    });
  }
}
