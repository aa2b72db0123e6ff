import type { BytePath } from "./byte-path.ts";
import { ancestors } from "./byte-path.ts";
import { isClosed } from "./list-tree.ts";
import type { Baseline, BaselineEntry, Entry, Tree } from "./tree.ts";

/** A name whose entry is not the one that was copied. */
export interface Candidate {
  readonly path: BytePath;
  /** As it was copied; absent: the agent made it. */
  readonly before?: BaselineEntry;
  /** As the agent left it; absent: the agent removed it. */
  readonly after?: Entry;
}

/** What a change does to the operator's folder. `mode`: permissions alone. */
export type Action = "add" | "modify" | "mode" | "delete";

/** One change of the agent, judged against what the operator's folder holds now. */
export interface Change extends Candidate {
  readonly action: Action;
  /** `ready`: it can come home. `conflict`: the operator has changed the same. `refused`: it is never brought home. */
  readonly verdict: "ready" | "conflict" | "refused";
  /** Why it is not ready. */
  readonly why?: string;
  /** Whether programs of the operator obey the file: it takes a consent of its own. */
  readonly isObeyed: boolean;
  /** The operator's entry as it was judged; absent: there was none. */
  readonly home?: Entry;
}

/** Every name that may have been changed, folders before what they hold. Compares by what no program can set back. Pure. */
export function findCandidates(baseline: Baseline, tree: Tree): readonly Candidate[] {
  const changed: Candidate[] = [];
  for (const [path, after] of tree) {
    const before = baseline.get(path);
    if (!before) changed.push({ path, after });
    else if (!isSameEntry(before, after)) changed.push({ path, before, after });
  }
  for (const [path, before] of baseline) {
    if (!tree.has(path) && !isUnread(path, tree)) changed.push({ path, before });
  }
  return changed.sort((a, b) => (a.path < b.path ? -1 : 1));
}

// Folders change with what they hold, links only by where they point.
function isSameEntry(before: Entry, after: Entry): boolean {
  if (before.type !== after.type) return false;
  if (before.type === "folder") return before.mode === after.mode;
  if (before.type === "link") return before.target === after.target;
  return before.mode === after.mode && before.size === after.size && before.modified === after.modified
    && before.changed === after.changed && before.inode === after.inode;
}

// What a closed folder holds is not known; it has not been deleted.
function isUnread(path: BytePath, tree: Tree): boolean {
  return ancestors(path).some((folder) => {
    const entry = tree.get(folder);
    return entry?.type === "folder" && isClosed(entry.mode);
  });
}
