import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A controller bottle limits with. */
export type Controller = "memory" | "pids" | "cpu";
/** How a limit is enforced on this host. */
export type Enforcement = "cgroup2" | "cgroup1" | "none";

/** What limits this host can enforce for this user. */
export interface LimitsSupport {
  readonly memory: Enforcement;
  readonly pids: Enforcement;
  readonly cpu: Enforcement;
  /** Folder below which a group is made, per controller. With cgroup2 all are the same. */
  readonly parents: Readonly<Partial<Record<Controller, string>>>;
  /** What is not enforced, for `info`. */
  readonly sentences: readonly string[];
}

export const controllers: readonly Controller[] = ["memory", "pids", "cpu"];
const root = "/sys/fs/cgroup";

/** Looks where this user may make control groups: cgroup 2 (root, or a subtree systemd delegated), else cgroup 1, else nowhere. */
export async function detectLimits(): Promise<LimitsSupport> {
  const own = parseOwnGroups(await readFile("/proc/self/cgroup", "utf8").catch(() => ""));
  const isUnified = await isReadable(join(root, "cgroup.controllers"));
  const found = await Promise.all(controllers.map(async (controller) => {
    const parent = isUnified ? await unifiedParent(own.get("") ?? "/", controller) : await legacyParent(own.get(controller) ?? "/", controller);
    return [controller, parent] as const;
  }));
  return describeSupport(found, isUnified ? "cgroup2" : "cgroup1");
}

/** Sorts what was found into support and sentences. Pure. */
export function describeSupport(found: readonly (readonly [Controller, string | undefined])[], version: "cgroup2" | "cgroup1"): LimitsSupport {
  const parents = Object.fromEntries(found.filter(([, parent]) => parent !== undefined)) as Partial<Record<Controller, string>>;
  const missing = found.filter(([, parent]) => parent === undefined).map(([controller]) => controller);
  const enforcement = (controller: Controller): Enforcement => (parents[controller] === undefined ? "none" : version);
  return {
    memory: enforcement("memory"), pids: enforcement("pids"), cpu: enforcement("cpu"),
    parents,
    sentences: missing.length === 0 ? [] : [`Limits of ${missing.join(", ")} are not enforced: no control group here is this user's to write.`],
  };
}

/** /proc/self/cgroup (cgroups(7)): controller → path; cgroup 2 under the empty name. Pure. */
export function parseOwnGroups(text: string): ReadonlyMap<string, string> {
  return new Map(text.split("\n").filter(Boolean).flatMap((line) => {
    const [, names = "", path = "/"] = /^[0-9]+:([^:]*):(.*)$/.exec(line) ?? [];
    return names.split(",").map((name) => [name, path] as const);
  }));
}

// A process can be moved only below a folder whose cgroup.procs this user may write, and limits exist only below one that
// passes the controller on. The own group itself holds processes, so it cannot (cgroups(7), "no internal processes").
async function unifiedParent(own: string, controller: Controller): Promise<string | undefined> {
  for (let path = dirname(join(root, own)); path.startsWith(root); path = dirname(path)) {
    const passedOn = await readFile(join(path, "cgroup.subtree_control"), "utf8").catch(() => "");
    if (passedOn.split(/\s/).includes(controller) && await isWritable(path) && await isWritable(join(path, "cgroup.procs"))) return path;
  }
  return undefined;
}

async function legacyParent(own: string, controller: Controller): Promise<string | undefined> {
  for (const path of [join(root, controller, own), join(root, controller)]) {
    if (await isWritable(path) && await isWritable(join(path, "cgroup.procs"))) return path;
  }
  return undefined;
}

function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(() => true, () => false);
}

function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK).then(() => true, () => false);
}
