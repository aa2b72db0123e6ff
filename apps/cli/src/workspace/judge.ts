import { ancestors, fsPath, type BytePath } from "./byte-path.ts";
import type { Action, Candidate, Change } from "./change.ts";
import { entryAt, isSameContent } from "./home-entry.ts";
import { isClosed } from "./list-tree.ts";
import { linkFault } from "./link.ts";
import { isObeyed, repositoryOf } from "./obeyed.ts";
import type { BaselineEntry, Entry, Tree } from "./tree.ts";

/** The two folders and what the agent's holds. */
export interface Sides {
  /** The agent's copy. Written by the agent: nothing in it is followed. */
  readonly copy: string;
  /** The operator's folder. */
  readonly home: string;
  readonly tree: Tree;
  readonly signal?: AbortSignal;
}

type Judgement = { readonly action: Action; readonly verdict: Change["verdict"]; readonly why?: string };

const permissions = 0o777;

/** Judges candidates against the operator's folder as it is now; what turns out to be no change is left out. */
export async function judge(candidates: readonly Candidate[], sides: Sides): Promise<readonly Change[]> {
  const judged = new Map<BytePath, Change>();
  for (const candidate of candidates) {
    sides.signal?.throwIfAborted();
    const change = await judgeOne(candidate, sides, judged);
    if (change) judged.set(change.path, change);
  }
  return holdRepositories([...judged.values()]);
}

async function judgeOne(candidate: Candidate, sides: Sides, judged: ReadonlyMap<BytePath, Change>): Promise<Change | undefined> {
  const { path } = candidate;
  const above = await folderFault(path, sides, judged);
  const isFresh = ancestors(path).some((folder) => isReplaced(judged.get(folder)));
  const home = above === undefined && !isFresh ? await entryAt(sides.home, path) : undefined;
  const judgement = above ?? await compare(candidate, home, sides).catch((error: Error): Judgement =>
    ({ action: actionOf(candidate), verdict: "refused", why: `it cannot be read (${"code" in error ? String(error.code) : error.message})` }));
  if (!judgement) return undefined;
  return { ...candidate, ...judgement, isObeyed: isObeyed(path, sides.tree), ...(home && { home }) };
}

// Nothing is ever written through a link: each folder above must be one at home, or come home with this change.
async function folderFault(path: BytePath, { home, tree }: Sides, judged: ReadonlyMap<BytePath, Change>): Promise<Judgement | undefined> {
  const action = tree.has(path) ? "add" : "delete";
  for (const folder of ancestors(path)) {
    const change = judged.get(folder);
    if (change && change.verdict !== "ready") return { action, verdict: change.verdict, why: "its folder does not come home" };
    if (isReplaced(change)) continue;
    const type = (await entryAt(home, folder))?.type;
    if (type === "folder" || (type === undefined && action === "delete")) continue;
    if (type !== undefined && action === "delete" && change) continue;
    return { action, verdict: "conflict", why: type === undefined ? "you removed its folder" : "its folder is something else in yours" };
  }
  return undefined;
}

// What is below a folder that comes home new is new as well.
function isReplaced(change: Change | undefined): boolean {
  return change?.after?.type === "folder" && change.home?.type !== "folder";
}

function compare(candidate: Candidate, home: Entry | undefined, sides: Sides): Promise<Judgement | undefined> {
  const { after } = candidate;
  if (!after) return Promise.resolve(judgeDeletion(candidate, home));
  switch (after.type) {
    case "special": return Promise.resolve({ action: "add", verdict: "refused", why: "it is a pipe, a socket or a device" });
    case "folder": return Promise.resolve(judgeFolder(candidate, after, home));
    case "link": return Promise.resolve(judgeLink(candidate, after, { home, tree: sides.tree }));
    case "file": return judgeFile(candidate, after, { home, sides });
  }
}

function judgeDeletion({ path, before }: Candidate, home: Entry | undefined): Judgement | undefined {
  // An object too many harms nobody; one too few loses history.
  if (!home || !before || isGitObject(path)) return undefined;
  return isUntouched(before, home) ? { action: "delete", verdict: "ready" }
    : { action: "delete", verdict: "conflict", why: "you changed it, the agent deleted it" };
}

function judgeFolder({ before }: Candidate, after: Entry, home: Entry | undefined): Judgement | undefined {
  if (isClosed(after.mode)) return { action: before ? "mode" : "add", verdict: "refused", why: "the agent closed it: what it holds cannot be read" };
  if (!home) return before ? { action: "add", verdict: "conflict", why: "you removed it" } : { action: "add", verdict: "ready" };
  if (home.type !== "folder") return replacement(before, home);
  if (sameBits(home, after) || (before && sameBits(before, after)) || !before) return undefined;
  return sameBits(home, before) ? { action: "mode", verdict: "ready" } : { action: "mode", verdict: "conflict", why: "you changed its permissions too" };
}

function judgeLink({ path, before }: Candidate, after: Entry, { home, tree }: { readonly home: Entry | undefined; readonly tree: Tree }): Judgement | undefined {
  if (home?.type === "link" && home.target === after.target) return undefined;
  const fault = linkFault(tree, path);
  if (fault !== undefined) return { action: before ? "modify" : "add", verdict: "refused", why: `a link: ${fault}` };
  return home ? replacement(before, home) : appearance(before);
}

async function judgeFile({ path, before }: Candidate, after: Entry, { home, sides }: { readonly home: Entry | undefined; readonly sides: Sides }): Promise<Judgement | undefined> {
  if (!home) return appearance(before);
  const isSame = home.type === "file" && home.size === after.size && await isSameContent(fsPath(sides.copy, path), fsPath(sides.home, path));
  if (!isSame) return isGitObject(path) && !path.endsWith("multi-pack-index") ? { action: "modify", verdict: "refused", why: "git never rewrites an object" } : replacement(before, home);
  if (sameBits(home, after) || (before && sameBits(before, after))) return undefined;
  return { action: "mode", verdict: "ready" };
}

function appearance(before: Entry | undefined): Judgement {
  return before ? { action: "modify", verdict: "conflict", why: "you removed it, the agent changed it" } : { action: "add", verdict: "ready" };
}

function replacement(before: BaselineEntry | undefined, home: Entry): Judgement {
  if (!before) return { action: "add", verdict: "conflict", why: "you made one too" };
  return isUntouched(before, home) ? { action: "modify", verdict: "ready" } : { action: "modify", verdict: "conflict", why: "you changed it too" };
}

/** Whether the operator's entry is still the one that was copied. */
function isUntouched(before: BaselineEntry, home: Entry): boolean {
  if (before.type !== home.type) return false;
  if (home.type === "folder") return true;
  if (home.type === "link") return before.target === home.target;
  return before.size === home.size && (before.homeModified ?? before.modified) === home.modified && sameBits(before, home);
}

function sameBits(one: Entry, other: Entry): boolean {
  return (one.mode & permissions) === (other.mode & permissions);
}

function isGitObject(path: BytePath): boolean {
  return /(?:^|\/)\.git\/objects\//i.test(path);
}

function actionOf({ before, after }: Candidate): Action {
  return after ? (before ? "modify" : "add") : "delete";
}

/**
 * A repository comes home whole or not at all: half of it would be a broken one. One that the agent removed, or whose
 * HEAD is gone, takes the consent that hooks take.
 */
function holdRepositories(changes: readonly Change[]): readonly Change[] {
  const held = new Set<BytePath>();
  const gutted = new Set<BytePath>();
  for (const { path, verdict, after } of changes) {
    const repository = repositoryOf(path);
    if (repository === undefined) continue;
    if (verdict === "conflict") held.add(repository);
    if (!after && (path === repository || path === `${repository}/HEAD`)) gutted.add(repository);
  }
  return changes.map((change) => {
    const repository = repositoryOf(change.path);
    if (repository === undefined) return change;
    const isObeyedNow = change.isObeyed || gutted.has(repository);
    if (!held.has(repository) || change.verdict !== "ready") return { ...change, isObeyed: isObeyedNow };
    return { ...change, isObeyed: isObeyedNow, verdict: "conflict", why: "you and the agent both changed this repository" };
  });
}
