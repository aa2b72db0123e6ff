import { join } from "node:path";
import type { Context } from "../context.ts";
import { exitStatus } from "../errors.ts";
import { visible } from "../output/visible.ts";
import type { Change } from "../workspace/changes.ts";
import { changeLine, copiedWorkspace, type CopiedWorkspace } from "./workspace-trees.ts";

/** Shows what the agent changed in its copy. */
export async function diff(context: Context, identity: string, options: { readonly json: boolean; readonly stat: boolean }): Promise<number> {
  const workspace = await copiedWorkspace(context, identity);
  if (options.json) {
    context.out(JSON.stringify(workspace.changes.map(({ path, kind, obstacle, isObeyed }) => ({ path, kind, isObeyed, ...(obstacle !== undefined && { obstacle }) })), undefined, 2));
    return exitStatus.ok;
  }
  if (workspace.changes.length === 0) context.err("The agent changed nothing.");
  for (const change of workspace.changes) {
    context.out(visible(changeLine(change)));
    if (!options.stat && isFile(change)) context.out(await contentDiff(workspace, change));
  }
  return exitStatus.ok;
}

function isFile(change: Change): boolean {
  return (change.now ?? change.before)?.type === "file";
}

// diff reads two files and runs nothing of theirs; git's diff would obey attributes and configuration.
async function contentDiff({ roots }: CopiedWorkspace, { path, now, before }: Change): Promise<string> {
  const { capture } = await import("../run.ts");
  const [old, fresh] = [before?.type === "file" ? join(roots.source, path) : "/dev/null", now?.type === "file" ? join(roots.copy, path) : "/dev/null"];
  const { stdout } = await capture(["diff", "--unified=3", "--new-file", `--label=yours/${path}`, `--label=agent/${path}`, "--", old, fresh]);
  return visible(stdout, { keepLines: true });
}
