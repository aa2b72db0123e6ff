import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { chmod, lchown, lstat, mkdir, open, rename, rm, rmdir, symlink, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { ancestors, fsPath } from "./byte-path.ts";
import type { Change } from "./change.ts";
import { entryAt, isStill, openRegular } from "./home-entry.ts";
import type { BaselineEntry, Entry } from "./tree.ts";

/** Where changes come from and go to. */
export interface Journey {
  /** The agent's copy; its bottle is stopped, so nothing in it should move any more. What does is left behind. */
  readonly copy: string;
  /** The operator's folder. */
  readonly home: string;
  /** Root makes files that belong to whom the folder belongs. */
  readonly isRoot: boolean;
  readonly signal?: AbortSignal;
}

/** What became of one change. */
export interface Arrival {
  readonly change: Change;
  /** Why it did not arrive; absent: it did. */
  readonly failure?: string;
  /** How the name is to be remembered, so that a later apply brings only what is newer. */
  readonly remembered?: BaselineEntry;
}

const permissions = 0o777;
const chunkBytes = 1_048_576;

/**
 * Brings ready changes into the operator's folder: removals first, innermost first, then folders, files and links. Each
 * file appears whole or not at all; each name is looked at once more right before. What fails is told, the rest goes on.
 */
export async function bringHome(changes: readonly Change[], journey: Journey): Promise<readonly Arrival[]> {
  const leaving = changes.filter(isRemoval).toReversed();
  const arriving = changes.filter(({ after }) => after !== undefined);
  const failed = new Map<Change, string>();
  for (const change of leaving) await attempt(change, failed, journey, () => remove(change, journey));
  for (const change of arriving) if (!failed.has(change)) await attempt(change, failed, journey, () => place(change, journey));
  return Promise.all(changes.map((change) => arrivalOf(change, failed.get(change), journey)));
}

/** Whether something must go first: the name itself, or what is there in another form. */
function isRemoval({ after, home }: Change): boolean {
  return home !== undefined && (after === undefined || (home.type !== after.type && home.type === "folder"));
}

async function attempt(change: Change, failed: Map<Change, string>, { signal }: Journey, act: () => Promise<void>): Promise<void> {
  if (signal?.aborted) {
    failed.set(change, "it was interrupted");
    return;
  }
  try {
    await act();
  } catch (error) {
    failed.set(change, sentence(error));
  }
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  if (code === "ENOTEMPTY" || code === "EEXIST") return "it holds files of your own";
  return code === "" ? error.message : `it could not be written (${code})`;
}

async function remove(change: Change, journey: Journey): Promise<void> {
  await lookAgain(change, journey);
  const location = fsPath(journey.home, change.path);
  await (change.home?.type === "folder" ? rmdir(location) : unlink(location));
}

async function place(change: Change, journey: Journey): Promise<void> {
  const { after } = change;
  if (!after) return;
  if (!isRemoval(change)) await lookAgain(change, journey);
  const location = fsPath(journey.home, change.path);
  if (change.action === "mode") return chmod(location, after.mode & permissions);
  if (after.type === "folder") return placeFolder(change, after, journey);
  const temporary = Buffer.concat([Buffer.from(dirname(location.toString("latin1")), "latin1"), Buffer.from(`/.bottle-${randomBytes(8).toString("hex")}`)]);
  try {
    if (after.type === "link") await symlink(Buffer.from(after.target, "latin1"), temporary);
    else await copyFile(fsPath(journey.copy, change.path), temporary, after);
    await giveOwner(temporary, change, journey);
    await rename(temporary, location);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function placeFolder(change: Change, after: Entry, journey: Journey): Promise<void> {
  const location = fsPath(journey.home, change.path);
  if (change.home && change.home.type !== "folder") await unlink(location);
  await mkdir(location, { mode: 0o700 });
  await giveOwner(location, change, journey);
  await chmod(location, after.mode & permissions);
}

// Between the look and the act the operator may have gone on working.
async function lookAgain({ path, home: seen }: Change, { home }: Journey): Promise<void> {
  for (const folder of ancestors(path)) {
    if ((await entryAt(home, folder))?.type !== "folder") throw new Error("its folder is not there");
  }
  const now = await entryAt(home, path);
  const isSame = now === undefined || seen === undefined ? now === seen
    : now.type === seen.type && (now.type === "folder" || (now.inode === seen.inode && now.changed === seen.changed));
  if (!isSame) throw new Error("you changed it meanwhile");
}

// What was shown is what comes home, even if a bottle was resumed while the question stood open, or something of the
// agent's outlived its bottle: a folder above may have become a link by now.
async function copyFile(source: Buffer, target: Buffer, seen: Entry): Promise<void> {
  await using from = await openRegular(source).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EACCES" ? error : agentChanged();
  });
  if (!await isStill(from, seen)) throw agentChanged();
  await using to = await open(target, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  const buffer = Buffer.alloc(chunkBytes);
  for (let at = 0; ;) {
    const { bytesRead } = await from.read(buffer, 0, chunkBytes, at);
    if (bytesRead === 0) break;
    await to.writeFile(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  if (!await isStill(from, seen)) throw agentChanged();
  await to.chmod(seen.mode & permissions);
}

function agentChanged(): Error {
  return new Error("the agent's copy changed meanwhile");
}

async function giveOwner(location: Buffer, { home, path }: Change, journey: Journey): Promise<void> {
  if (!journey.isRoot) return;
  const folder = ancestors(path).at(-1);
  const model = home ? fsPath(journey.home, path) : folder === undefined ? Buffer.from(journey.home) : fsPath(journey.home, folder);
  const stat = await lstat(model).catch(() => undefined);
  if (stat) await lchown(location, stat.uid, stat.gid);
}

async function arrivalOf(change: Change, failure: string | undefined, { home }: Journey): Promise<Arrival> {
  if (failure !== undefined) return { change, failure };
  const { after, path } = change;
  if (!after) return { change };
  const now = await entryAt(home, path).catch(() => undefined);
  return now ? { change, remembered: { ...after, homeModified: now.modified } } : { change, failure: "it did not stay" };
}
