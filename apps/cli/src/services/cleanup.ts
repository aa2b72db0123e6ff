import { readdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { isIdentity, strayProcesses, type Backend, type StateEntry, type StateStore } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { confirm } from "../output/ask.ts";
import { report } from "../output/report.ts";
import { backendNamed, openState, registry } from "./backends.ts";
import { isOffered } from "./hand-over.ts";
import { keeperPaths, removeKeeperFiles, runFolder } from "./keeper-paths.ts";
import { bringBack, findLost } from "./lost-bottles.ts";
import { describe, knownBottle, withoutKeeper } from "./known-bottle.ts";
import { hasSession, killServer } from "./tmux.ts";

const birthMs = 1000;
const strayMs = 60_000;

/** What one bottle needs. */
interface Chore {
  readonly identity: string;
  /** Absent where nothing says it: then all are looked at. */
  readonly backend?: string;
  /** Whether its folder goes: its agent never ran. */
  readonly isEmpty: boolean;
  readonly sentence: string;
  /** Its folder is gone, and is made anew for the work its engine has. */
  readonly isLost?: boolean;
}

/** Ends what crashed bottles left running and removes what they left lying; work of agents stays unless it is purged. */
export async function cleanup(context: Context, request: { readonly yes: boolean; readonly dryRun: boolean; readonly purge?: string }): Promise<number> {
  const state = openState(context);
  if (request.purge !== undefined) return purge(context, state, { identity: request.purge, yes: request.yes });
  await removeOrphans(context, state);
  const chores = (await Promise.all((await state.list()).map((entry) => choreOf(context, state, entry)))).filter((chore) => chore !== undefined);
  for (const identity of await findLost(context, state)) {
    chores.push({ identity, backend: "docker", isEmpty: false, isLost: true, sentence: `its folder is gone and docker still has it; its work is brought to ${state.directory(identity).root}` });
  }
  const strays = await findStrays(state);
  if (chores.length === 0 && strays.length === 0) {
    context.out("Nothing to clean up.");
    return exitStatus.ok;
  }
  for (const { identity, sentence } of chores) context.out(`${identity}: ${sentence}`);
  if (strays.length > 0) context.out(`launches killed before they began left processes running (${strays.length}); they are ended`);
  if (request.dryRun) return exitStatus.ok;
  if (!request.yes && !await confirm(context, "Do it?")) throw new CliError("declined", "Nothing was done.", { status: exitStatus.refused });
  const status = await carryOutAll(context, state, chores);
  // Looked for once more: a number may have gone to somebody else while the operator thought.
  for (const pid of await findStrays(state)) end(pid);
  return status;
}

// Files of keepers whose bottle is gone; nothing of anybody's work.
async function removeOrphans(context: Context, state: StateStore): Promise<void> {
  const names = await readdir(runFolder(context.home)).catch((): string[] => []);
  const known = new Set((await state.list()).map(({ identity }) => identity));
  const gone = new Set(names.map((name) => name.replace(/\.[a-z]+$/, "")).filter((identity) => isIdentity(identity) && !known.has(identity)));
  await Promise.all([...gone].map(async (identity) => {
    const { socket, handOver } = keeperPaths(context.home, identity);
    // A launch that has not come to its state directory yet.
    if (await isOffered(handOver) || await hasSession(socket)) return;
    await removeKeeperFiles(context.home, identity);
  }));
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function findStrays(state: StateStore): Promise<readonly number[]> {
  const known = new Set((await state.list()).map(({ identity }) => identity));
  return strayProcesses(state.home, { known, olderThanMs: strayMs });
}

async function choreOf(context: Context, state: StateStore, entry: StateEntry): Promise<Chore | undefined> {
  const { identity } = entry;
  if ("unreadable" in entry && await isUnborn(state.directory(identity).root)) return { identity, isEmpty: true, sentence: "its launch was ended before it began; it is removed" };
  if ("unreadable" in entry) return { identity, isEmpty: false, sentence: "its metadata cannot be read; what it left running is ended, its folder stays" };
  const { metadata, isKept, status } = describe(entry.metadata);
  if (isKept) return undefined;
  const { backend } = metadata;
  if (!metadata.agentStarted) return { identity, backend, isEmpty: true, sentence: "its agent never ran; it is removed" };
  if (status === "crashed" && metadata.status !== "crashed") return { identity, backend, isEmpty: false, sentence: "its keeper is gone; what it left running is ended, its work stays" };
  const left = await (await backendNamed(context, state, backend)).leftovers(identity);
  return left === 0 ? undefined : { identity, backend, isEmpty: false, sentence: `${left} of its processes or containers are left; they are ended` };
}

// A folder without metadata holds no work: metadata comes before all else. Another process may be writing it just now.
async function isUnborn(root: string): Promise<boolean> {
  const isBare = async (): Promise<boolean> => (await readdir(root)).every((name) => name.startsWith("metadata.json.") && name.endsWith(".tmp"));
  if (!await isBare()) return false;
  await delay(birthMs);
  return isBare();
}

// One that cannot be done now, for want of its engine say, does not keep the others from being done.
async function carryOutAll(context: Context, state: StateStore, chores: readonly Chore[]): Promise<number> {
  let status: number = exitStatus.ok;
  const lost = chores.some(({ isLost }) => isLost) ? await findLost(context, state) : [];
  for (const chore of chores) {
    // It may have ended while the operator thought.
    if (chore.isLost && !lost.includes(chore.identity)) continue;
    try {
      await carryOut(context, state, chore);
    } catch (error) {
      context.err(`${chore.identity} could not be cleaned up.`);
      status = report(context, error);
    }
    if (context.signal.aborted) break;
  }
  return status;
}

async function carryOut(context: Context, state: StateStore, { identity, backend, isEmpty, isLost }: Chore): Promise<void> {
  if (isLost) for (const sentence of await bringBack(state, await backendNamed(context, state, "docker"), identity)) context.out(`  ${sentence}`);
  for (const each of backend === undefined ? await usableBackends(context, state) : [await backendNamed(context, state, backend)]) {
    for (const sentence of await each.sweep(identity)) context.out(`  ${sentence}`);
  }
  await killServer(keeperPaths(context.home, identity).socket);
  await removeKeeperFiles(context.home, identity);
  if (isEmpty) return state.remove(identity);
  await state.update(identity, (metadata) => ({ ...withoutKeeper(metadata), status: "crashed", resources: {} })).catch(() => undefined);
}

async function usableBackends(context: Context, state: StateStore): Promise<readonly Backend[]> {
  const all = await Promise.all(Object.values(registry(context, state)).map((make) => make()));
  const availabilities = await Promise.all(all.map((backend) => backend.availability()));
  return all.filter((_, index) => availabilities[index]?.available === true);
}

async function purge(context: Context, state: StateStore, { identity, yes }: { readonly identity: string; readonly yes: boolean }): Promise<number> {
  const { isKept, metadata } = await knownBottle(state, identity);
  if (isKept) throw new CliError("running", `${identity} is running.`, { status: exitStatus.refused, mend: `\`bottle stop ${identity}\` first.` });
  if (!yes && !await confirm(context, `Delete everything of ${identity}: its home, workspace copy, logs and audit log?`)) throw new CliError("declined", "Nothing was deleted.", { status: exitStatus.refused });
  await carryOut(context, state, { identity, backend: metadata.backend, isEmpty: true, sentence: "" });
  context.out(`${identity} is deleted.`);
  return exitStatus.ok;
}
