import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { confirm } from "../output/ask.ts";
import { visible } from "../output/visible.ts";
import { readBaseline, readEntry, writeBaseline, type BaselineEntry } from "../workspace/baseline.ts";
import { bringHome } from "../workspace/bring-home.ts";
import type { Change } from "../workspace/changes.ts";
import { changeLine, copiedWorkspace, type CopiedWorkspace } from "./workspace-trees.ts";
import { join } from "node:path";

/** Brings the agent's changes home after a look. @returns 1 if something stayed behind */
export async function apply(context: Context, identity: string, options: { readonly yes: boolean; readonly includeObeyed: boolean }): Promise<number> {
  const workspace = await copiedWorkspace(context, identity);
  if (workspace.isKept) {
    throw new CliError("running", `${identity} is still running.`, { status: exitStatus.refused, mend: `\`bottle stop ${identity}\` first, so that what you look at is what you get.` });
  }
  const wanted = workspace.changes.filter((change) => change.obstacle === undefined && (!change.isObeyed || options.includeObeyed));
  const held = workspace.changes.filter((change) => !wanted.includes(change));
  for (const change of workspace.changes) context.err(visible(changeLine(change)));
  if (wanted.length === 0) {
    context.err(held.length === 0 ? "There is nothing to bring home." : "Nothing of this can be brought home as it is.");
    return held.length === 0 ? exitStatus.ok : exitStatus.refused;
  }
  if (!options.yes && !await confirm(context, `Bring ${wanted.length} of ${workspace.changes.length} changes to ${workspace.roots.source}?`)) {
    throw new CliError("declined", "Nothing was changed.", { status: exitStatus.refused });
  }
  const left = await carryAll(context, workspace, wanted);
  context.out(`${wanted.length - left} changes brought home${held.length + left > 0 ? `, ${held.length + left} left in ${workspace.roots.copy}` : ""}.`);
  if (held.some((change) => change.isObeyed && change.obstacle === undefined)) context.err("Files that programs here obey were left: look at them, then use --include-obeyed.");
  return held.length + left > 0 ? exitStatus.refused : exitStatus.ok;
}

// Folders before what is in them, and what is in them before a folder that goes.
async function carryAll(context: Context, workspace: CopiedWorkspace, wanted: readonly Change[]): Promise<number> {
  const ordered = [...wanted.filter(({ now }) => now), ...wanted.filter(({ now }) => !now).reverse()];
  const done = new Map<string, BaselineEntry | undefined>();
  let left = 0;
  for (const change of ordered) {
    const reason = await bringHome(change, workspace.roots);
    if (reason === undefined) done.set(change.path, await readEntry(join(workspace.roots.source, change.path)));
    else {
      left += 1;
      context.err(visible(`${change.path} stayed: ${reason}`));
    }
  }
  await noteBroughtHome(workspace, done);
  return left;
}

// What is home is the new common ground, so that a later change of the agent is not taken for an edit of the operator's.
async function noteBroughtHome({ baselineFile, roots }: CopiedWorkspace, done: ReadonlyMap<string, BaselineEntry | undefined>): Promise<void> {
  const baseline = new Map(await readBaseline(baselineFile));
  for (const [path, entry] of done) {
    const copy = await readEntry(join(roots.copy, path));
    if (entry && copy) baseline.set(path, { ...entry, ctimeNs: copy.ctimeNs });
    else baseline.delete(path);
  }
  await writeBaseline(baselineFile, baseline);
}
