import { eventLine, isDenied } from "../audit/event-line.ts";
import { parseSince } from "../audit/parse-since.ts";
import { readRecords } from "../audit/read-records.ts";
import type { Context } from "../context.ts";
import { exitStatus } from "../errors.ts";
import { jsonText } from "../output/json.ts";
import { backendNamed, openState } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";

/** Shows what is on record of a bottle: one line each, or with --json the records as they are. */
export async function auditShow(context: Context, identity: string, options: { readonly json: boolean; readonly denied: boolean; readonly since?: string }): Promise<number> {
  const since = options.since === undefined ? "" : parseSince(options.since, context.now());
  const state = openState(context);
  const { metadata, isKept } = await knownBottle(state, identity);
  if (isKept) await (await backendNamed(context, state, metadata.backend)).refresh(identity, "record");
  for await (const record of readRecords(state.directory(identity).audit)) {
    if (record.time < since || (options.denied && !isDenied(record))) continue;
    if (options.json) context.out(jsonText(record, { isOneLine: true }));
    else if (record.event.type !== "checkpoint") context.out(`${String(record.seq + 1).padStart(5)}  ${eventLine(context, record)}`);
  }
  return exitStatus.ok;
}
