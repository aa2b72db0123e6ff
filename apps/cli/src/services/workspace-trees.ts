import { join } from "node:path";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { listTree, readBaseline } from "../workspace/baseline.ts";
import { findChanges, type Change } from "../workspace/changes.ts";
import { openState } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";

/** A bottle's copy and where it came from. */
export interface CopiedWorkspace {
  readonly roots: { readonly copy: string; readonly source: string };
  readonly baselineFile: string;
  readonly isKept: boolean;
  readonly changes: readonly Change[];
}

/** Where the baseline of a bottle's copy is. */
export function baselineFile(root: string): string {
  return join(root, "workspace.baseline.json");
}

/** Finds what an agent changed. @throws CliError `not-copied` for a bottle without a copy */
export async function copiedWorkspace(context: Context, identity: string): Promise<CopiedWorkspace> {
  const state = openState(context);
  const { metadata, isKept } = await knownBottle(state, identity);
  const paths = state.directory(identity);
  const { mode, source } = metadata.workspace;
  const file = baselineFile(paths.root);
  const baseline = mode === "copy" ? await readBaseline(file) : undefined;
  if (!baseline || source === undefined) {
    throw new CliError("not-copied", `${identity} has no copied workspace.`, { status: exitStatus.refused, mend: mode === "bind" ? "Its agent wrote to your folder itself: `git diff` shows it." : "Start with a workspace to get one." });
  }
  const roots = { copy: paths.workspace, source };
  const changes = await findChanges({ baseline, copy: await listTree(roots.copy), copyRoot: roots.copy, sourceRoot: roots.source });
  return { roots, baselineFile: file, isKept, changes };
}

/** A change in one line. */
export function changeLine(change: Change): string {
  const mark = { added: "A", changed: "M", deleted: "D" }[change.kind];
  const notes = [
    ...(change.now?.type === "link" ? [`link to ${change.now.target ?? ""}`] : []),
    ...(change.isObeyed ? ["obeyed by programs on this machine"] : []),
    ...(change.obstacle === undefined ? [] : [`stays: ${change.obstacle}`]),
  ];
  return `${mark} ${change.path}${notes.length === 0 ? "" : `  (${notes.join("; ")})`}`;
}
