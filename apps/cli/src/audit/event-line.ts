import type { AuditRecord } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { styleOf } from "../output/style.ts";
import { visible } from "../output/visible.ts";
import { gitLine } from "../services/git-line.ts";

/** A record in one line, safe for a terminal. */
export function eventLine(context: Pick<Context, "hasColour">, { time, event }: Pick<AuditRecord, "time" | "event">): string {
  if (event.type === "git") return `${time}  ${markOf(context, event)}  ${visible(gitLine(event))}`;
  if (event.type !== "network") {
    const { type, ...rest } = event;
    return visible(`${time}  ${type}  ${Object.values(rest).join("  ")}`);
  }
  const credential = event.tokenRef === undefined ? "" : `, with ${event.tokenRef}`;
  const alarm = event.alarm ? "  ALARM" : "";
  const times = event.count === undefined ? "" : `  (${event.count} alike)`;
  return `${time}  ${markOf(context, event)}  ${visible(`${event.method} ${event.host}:${event.port}${event.path}`)}  ${visible(`${event.status ?? ""} ${event.reason}${credential}`)}${alarm}${times}`;
}

/** Whether something was refused: a request, a fetch or push, or what the agent asked for. */
export function isDenied({ event }: Pick<AuditRecord, "event">): boolean {
  if (event.type === "proposal") return event.state === "refused";
  return "decision" in event && (event.decision === "deny" || event.decision === "rejected");
}

function markOf(context: Pick<Context, "hasColour">, { decision }: { readonly decision: "allow" | "deny" }): string {
  const style = styleOf(context);
  return decision === "allow" ? style.good("allow") : style.bad("deny ");
}
