import type { Context } from "../context.ts";
import { exitStatus } from "../errors.ts";
import { jsonText } from "../output/json.ts";
import { table } from "../output/style.ts";
import { visible } from "../output/visible.ts";
import { openState } from "./backends.ts";
import { describe } from "./known-bottle.ts";

/** Shows every bottle there is. */
export async function list(context: Context, { json }: { readonly json: boolean }): Promise<number> {
  const entries = await openState(context).list();
  const rows = entries.map((entry) => {
    if ("unreadable" in entry) return { identity: entry.identity, status: "unreadable", agent: "", backend: "", since: "", workspace: entry.unreadable };
    const { metadata, status } = describe(entry.metadata);
    return {
      identity: entry.identity, status, agent: metadata.agent, backend: metadata.backend, since: metadata.resumedAt ?? metadata.createdAt,
      workspace: metadata.workspace.source === undefined ? "none" : `${metadata.workspace.mode} of ${metadata.workspace.source}`,
    };
  });
  if (json) context.out(jsonText(rows));
  else if (rows.length === 0) context.err("There is no bottle yet. `bottle start <agent>` makes one.");
  else context.out(table([["IDENTITY", "STATUS", "AGENT", "BACKEND", "SINCE", "WORKSPACE"], ...rows.map((row) => Object.values(row).map((cell) => visible(cell)))]));
  return exitStatus.ok;
}
