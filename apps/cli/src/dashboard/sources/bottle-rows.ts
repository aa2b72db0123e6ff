import type { StateEntry } from "@bottle/backend-core";
import { describe } from "../../services/known-bottle.ts";
import type { BottleRow } from "../model.ts";

/** What the state directory holds, as the dashboard shows it. */
export function bottleRows(entries: readonly StateEntry[]): readonly BottleRow[] {
  return entries.map((entry) => {
    if ("unreadable" in entry) return { identity: entry.identity, status: "unreadable", agent: "", backend: "", since: "", workspace: entry.unreadable };
    const { metadata, status } = describe(entry.metadata);
    const { mode, source } = metadata.workspace;
    return {
      identity: entry.identity, status, agent: metadata.agent, backend: metadata.backend, since: metadata.resumedAt ?? metadata.createdAt,
      workspace: source === undefined ? "none" : `${mode} of ${source}`,
    };
  });
}
