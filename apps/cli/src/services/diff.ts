import type { Context } from "../context.ts";
import { exitStatus } from "../errors.ts";
import { jsonText } from "../output/json.ts";
import { styleOf } from "../output/style.ts";
import type { Change } from "../workspace/change.ts";
import { shownPath } from "../workspace/byte-path.ts";
import { listChanges, showContents } from "../workspace/show-change.ts";
import { openState } from "./backends.ts";
import { workspaceChanges } from "./workspace-changes.ts";

/** Shows what the agent changed in its copy, and which of it could come home. */
export async function diff(context: Context, identity: string, { json, stat }: { readonly json: boolean; readonly stat: boolean }): Promise<number> {
  const { changes, copy, home } = await workspaceChanges(context, openState(context), identity);
  if (json) {
    context.out(jsonText(changes.map(asJson)));
    return exitStatus.ok;
  }
  if (changes.length === 0) context.err("The agent changed nothing.");
  const style = styleOf(context);
  for (const line of listChanges(changes, style)) context.out(line);
  if (!stat) for (const line of await showContents(changes, { copy, home }, style)) context.out(line);
  return exitStatus.ok;
}

function asJson({ path, action, verdict, why, isObeyed, after }: Change): Readonly<Record<string, unknown>> {
  const bytes = Buffer.from(path, "latin1");
  const text = bytes.toString("utf8");
  return {
    path: text, ...(Buffer.from(text).equals(bytes) ? {} : { pathBase64: bytes.toString("base64") }),
    action, type: after?.type ?? "none", verdict, obeyed: isObeyed, ...(why !== undefined && { why }),
    ...(after?.type === "link" && { target: shownPath(after.target) }),
  };
}
