import type { EgressRoute } from "@bottle/egress-addon";
import type { AuditEvent } from "@bottle/manifest";

/** What the operator can order, one JSON object a line. */
export type ControlRequest =
  | { readonly op: "health" | "routes" | "freeze" | "thaw" | "stop" }
  | { readonly op: "reload"; readonly routes: readonly EgressRoute[] }
  | { readonly op: "record"; readonly event: AuditEvent };

/** The answer to an order. */
export type ControlReply =
  | { readonly ok: true; readonly [fact: string]: unknown }
  | { readonly ok: false; readonly message: string };

/** Reads one line; undefined for anything that is not an order. What routes and events hold is judged where they are used. */
export function parseControlRequest(line: string): ControlRequest | undefined {
  const value = parseObject(line);
  if (!value) return undefined;
  switch (value["op"]) {
    case "health": case "routes": case "freeze": case "thaw": case "stop":
      return { op: value["op"] };
    case "reload":
      return Array.isArray(value["routes"]) ? { op: "reload", routes: value["routes"] as EgressRoute[] } : undefined;
    case "record":
      return typeof value["event"] === "object" && value["event"] !== null ? { op: "record", event: value["event"] as AuditEvent } : undefined;
    default:
      return undefined;
  }
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
