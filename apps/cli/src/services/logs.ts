import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AuditRecord } from "@bottle/manifest";
import { followAudit } from "@bottle/sidecars";
import { eventLine, isDenied } from "../audit/event-line.ts";
import { readRecords } from "../audit/read-records.ts";
import type { Context } from "../context.ts";
import { exitStatus } from "../errors.ts";
import { jsonText } from "../output/json.ts";
import { visible } from "../output/visible.ts";
import { backendNamed, openState } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";

const pauseMs = 1000;

/** Shows a bottle's record: every request and event, and what its sidecars complained about. */
export async function logs(context: Context, identity: string, options: { readonly follow: boolean; readonly denied: boolean; readonly json: boolean }): Promise<number> {
  const state = openState(context);
  const { metadata, isKept } = await knownBottle(state, identity);
  const backend = await backendNamed(context, state, metadata.backend);
  const paths = state.directory(identity);
  let last = -1;
  const refresh = async (): Promise<void> => {
    if (isKept) await backend.refresh(identity, "record");
  };
  const show = (record: AuditRecord): void => {
    if (record.seq <= last) return;
    last = record.seq;
    if (record.event.type === "checkpoint" || (options.denied && !isDenied(record))) return;
    context.out(options.json ? jsonText({ ...record.event, time: record.time }, { isOneLine: true }) : eventLine(context, record));
  };
  const showFile = async (): Promise<void> => {
    for await (const record of readRecords(paths.audit)) show(record);
  };
  await refresh();
  await showFile();
  for (const name of ["sidecars.log", "sidecars-container.log", "bottle.log"]) {
    const text = withoutReady(await readFile(join(paths.logs, name), "utf8").catch(() => ""));
    if (text.trim() !== "" && !options.json && !options.denied) context.out(`--- ${name}\n${visible(text.trimEnd(), { keepLines: true })}`);
  }
  const { signal } = context;
  for (let size = await sizeOf(paths.audit); options.follow && !signal.aborted;) {
    try {
      // The file would have to be read from its beginning for each line, and from a container brought home first.
      for await (const record of followAudit(() => backend.control(identity, signal), { after: last, signal })) show(record);
    } catch {
      // It does not run, or is just ending: what it said last is in its file.
    }
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    await refresh().catch(() => undefined);
    const now = await sizeOf(paths.audit);
    if (now !== size) await showFile();
    size = now;
  }
  return exitStatus.ok;
}

// Of sidecars in a container the engine keeps standard output as well: what they say to their keeper.
function withoutReady(text: string): string {
  return text.replace(/^\S+ \{"(?:ready":true|sealed"|show"|want").*\n?/gm, "");
}

function sizeOf(file: string): Promise<number> {
  return stat(file).then(({ size }) => size, () => 0);
}
