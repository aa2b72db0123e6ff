import { open, rename, rm } from "node:fs/promises";
import type { Arrival } from "./bring-home.ts";
import type { BytePath } from "./byte-path.ts";
import { findCandidates, type Change } from "./change.ts";
import { entryAt } from "./home-entry.ts";
import { formatTree, type Baseline, type BaselineEntry, type Tree } from "./tree.ts";

/** What was found, and where the baseline is kept. */
export interface Found {
  readonly changes: readonly Change[];
  readonly baseline: Baseline;
  readonly tree: Tree;
  readonly home: string;
  readonly baselineFile: string;
}

/** Notes what is the same on both sides now, so that a later apply brings only what is newer. */
export async function remember(found: Found, arrivals: readonly Arrival[]): Promise<void> {
  const { baseline, home, changes } = found;
  const next = new Map<BytePath, BaselineEntry>(baseline);
  const isOpen = new Set(changes.map(({ path }) => path));
  for (const { path, after } of findCandidates(baseline, found.tree)) {
    if (isOpen.has(path)) continue;
    // The agent's change is no change to the operator's file: settled, as long as that one stays as it is now.
    const now = after && await entryAt(home, path).catch(() => undefined);
    if (after && now) next.set(path, { ...after, homeModified: now.modified });
    else if (!after) next.delete(path);
  }
  for (const { change, remembered, failure } of arrivals) {
    if (failure !== undefined) continue;
    if (remembered) next.set(change.path, remembered);
    else next.delete(change.path);
  }
  if (arrivals.length > 0 || findCandidates(baseline, next).length > 0) await save(found.baselineFile, next);
}

async function save(path: string, tree: Baseline): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await using file = await open(temporary, "w", 0o600);
    await file.writeFile(Buffer.from(formatTree(tree), "latin1"));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
