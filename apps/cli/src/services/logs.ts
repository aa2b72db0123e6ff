import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AuditEvent } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { exitStatus } from "../errors.ts";
import { jsonText } from "../output/json.ts";
import { styleOf } from "../output/style.ts";
import { visible } from "../output/visible.ts";
import { backendNamed, openState } from "./backends.ts";
import { gitLine } from "./git-line.ts";
import { knownBottle } from "./known-bottle.ts";
import { readAudit } from "./summary.ts";

const pauseMs = 500;

/** Shows a bottle's record: every request and event, and what its sidecars complained about. */
export async function logs(context: Context, identity: string, options: { readonly follow: boolean; readonly denied: boolean; readonly json: boolean }): Promise<number> {
  const state = openState(context);
  const { metadata, isKept } = await knownBottle(state, identity);
  const backend = await backendNamed(context, state, metadata.backend);
  const paths = state.directory(identity);
  let shown = 0;
  const refresh = async (): Promise<void> => {
    if (isKept) await backend.refresh(identity, "record");
  };
  const showNew = async (): Promise<void> => {
    let index = 0;
    for await (const event of readAudit(paths.audit)) {
      index += 1;
      if (index <= shown || (options.denied && !isDenied(event))) continue;
      context.out(options.json ? jsonText(event, { isOneLine: true }) : line(context, event));
    }
    shown = index;
  };
  await refresh();
  await showNew();
  for (const name of ["sidecars.log", "sidecars-container.log", "bottle.log"]) {
    const text = withoutReady(await readFile(join(paths.logs, name), "utf8").catch(() => ""));
    if (text.trim() !== "" && !options.json && !options.denied) context.out(`--- ${name}\n${visible(text.trimEnd(), { keepLines: true })}`);
  }
  for (let size = await sizeOf(paths.audit); options.follow && !context.signal.aborted;) {
    await delay(pauseMs, undefined, { signal: context.signal }).catch(() => undefined);
    // The bottle may have ended meanwhile; its record is at home then.
    await refresh().catch(() => undefined);
    const now = await sizeOf(paths.audit);
    if (now !== size) await showNew();
    size = now;
  }
  return exitStatus.ok;
}

// Of sidecars in a container the engine keeps standard output as well: the line that says they are up.
function withoutReady(text: string): string {
  return text.replace(/^\S+ \{"ready":true,.*\n?/gm, "");
}

function sizeOf(file: string): Promise<number> {
  return stat(file).then(({ size }) => size, () => 0);
}

function isDenied(event: AuditEvent): boolean {
  return "decision" in event && event.decision === "deny";
}

function line(context: Context, event: AuditEvent & { readonly time: string }): string {
  if (event.type === "git") return `${event.time}  ${markOf(context, event)}  ${visible(gitLine(event))}`;
  if (event.type !== "network") {
    const { type, time, ...rest } = event;
    return visible(`${time}  ${type}  ${Object.values(rest).join("  ")}`);
  }
  const credential = event.tokenRef === undefined ? "" : `, with ${event.tokenRef}`;
  const times = event.count === undefined ? "" : `  (${event.count} alike)`;
  return `${event.time}  ${markOf(context, event)}  ${visible(`${event.method} ${event.host}:${event.port}${event.path}`)}  ${visible(`${event.status ?? ""} ${event.reason}${credential}`)}${times}`;
}

function markOf(context: Context, { decision }: { readonly decision: "allow" | "deny" }): string {
  const style = styleOf(context);
  return decision === "allow" ? style.good("allow") : style.bad("deny ");
}
