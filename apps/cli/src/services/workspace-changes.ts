import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StateStore } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { startProgress } from "../output/progress.ts";
import { findCandidates, type Change } from "../workspace/change.ts";
import { judge } from "../workspace/judge.ts";
import { listTree } from "../workspace/list-tree.ts";
import { parseTree, type Baseline, type Tree } from "../workspace/tree.ts";
import { backendNamed } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";

/** A bottle's copied workspace beside the folder it is a copy of. */
export interface WorkspaceChanges {
  readonly changes: readonly Change[];
  readonly baseline: Baseline;
  readonly tree: Tree;
  /** The agent's copy. */
  readonly copy: string;
  /** The operator's folder. */
  readonly home: string;
  readonly baselineFile: string;
  readonly isKept: boolean;
}

/** Where the listing of a fresh workspace copy is kept. */
export function baselineFile(root: string): string {
  return join(root, "workspace.baseline");
}

/** What the agent of a bottle changed, judged against the operator's folder. @throws CliError `no-copy`, `workspace-unreadable` */
export async function workspaceChanges(context: Context, state: StateStore, identity: string): Promise<WorkspaceChanges> {
  const { metadata, isKept } = await knownBottle(state, identity);
  const { mode, source } = metadata.workspace;
  if (mode !== "copy" || source === undefined) {
    throw new CliError("no-copy", mode === "none" ? `${identity} has no workspace.` : `${identity} works in ${source ?? "its folder"} itself, not in a copy.`, {
      status: exitStatus.refused, mend: mode === "none" ? "Its home is in its state directory: `bottle info` says where." : "Look with `git diff` there.",
    });
  }
  const paths = state.directory(identity);
  const file = baselineFile(paths.root);
  using progress = startProgress(context);
  progress.step("Comparing");
  if (isKept) await (await backendNamed(context, state, metadata.backend)).refresh(identity, "everything");
  const [baseline, tree] = await Promise.all([readBaseline(file, identity), listTree(paths.workspace, { signal: context.signal })]);
  const sides = { copy: paths.workspace, home: source, tree, signal: context.signal };
  const changes = await judge(findCandidates(baseline, tree), sides);
  return { changes, baseline, tree, copy: paths.workspace, home: source, baselineFile: file, isKept };
}

async function readBaseline(file: string, identity: string): Promise<Baseline> {
  try {
    return parseTree((await readFile(file)).toString("latin1"));
  } catch (cause) {
    throw new CliError("no-copy", `It is not known how the workspace of ${identity} looked when it was copied.`, {
      status: exitStatus.refused, mend: "Compare the two folders yourself: `bottle info` says where the copy is.", cause,
    });
  }
}
