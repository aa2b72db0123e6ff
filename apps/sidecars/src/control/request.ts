import type { EgressRoute } from "@bottle/egress-addon";
import type { AuditEvent } from "@bottle/manifest";
import { auditStart, parseAuditLine } from "@bottle/manifest/state";

/** What the operator can order, one JSON object a line. */
export type ControlRequest =
  | { readonly op: "health" | "routes" | "freeze" | "thaw" | "stop" }
  | { readonly op: "reload"; readonly routes: readonly EgressRoute[] }
  | { readonly op: "record"; readonly event: AuditEvent };

/** The answer to an order. */
export type ControlReply =
  | { readonly ok: true; readonly [fact: string]: unknown }
  | { readonly ok: false; readonly message: string };

/**
 * Reads one line; undefined for anything that is not an order. What routes hold is judged where they are used.
 * @throws ManifestError `audit-line-invalid` for an event that is not one
 */
export function parseControlRequest(line: string): ControlRequest | undefined {
  const value = parseObject(line);
  if (!value) return undefined;
  switch (value["op"]) {
    case "health": case "routes": case "freeze": case "thaw": case "stop":
      return { op: value["op"] };
    case "reload":
      return Array.isArray(value["routes"]) ? { op: "reload", routes: value["routes"] as EgressRoute[] } : undefined;
    case "record":
      return { op: "record", event: parseEvent(value["event"]) };
    default:
      return undefined;
  }
}

// The log reads events as parts of lines only, so this is one.
function parseEvent(event: unknown): AuditEvent {
  return parseAuditLine(JSON.stringify({ seq: 0, time: "1970-01-01T00:00:00Z", identity: "", prev: auditStart, event })).event;
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
