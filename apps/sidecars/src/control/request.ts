import type { EgressRoute } from "@bottle/egress-addon";
import type { AuditEvent, Grant, Proposal } from "@bottle/manifest";
import { auditStart, parseAskedRoute, parseAuditLine } from "@bottle/manifest/state";
import type { Approval, Rejection, Settlement } from "@bottle/supervise-mcp";

/** What the operator can order, one JSON object a line. */
export type ControlRequest =
  | { readonly op: "health" | "routes" | "freeze" | "thaw" | "stop" }
  | { readonly op: "reload"; readonly routes: readonly EgressRoute[] }
  | { readonly op: "record"; readonly event: AuditEvent }
  | FollowRequest
  | SuperviseRequest;

/**
 * From now on, or from after a sequence number that the log's file holds: answered by `{"ok":true}` and then by one line `{"record":…}` for each of
 * the log's, until either side closes. Nothing more can be ordered on this connection.
 */
export interface FollowRequest {
  readonly op: "follow";
  readonly after?: number;
}

/** What the operator can order of a bottle whose agent may ask. */
export type SuperviseRequest =
  | { readonly op: "proposals" | "grants" }
  | ApproveRequest
  | RejectRequest
  | SettleRequest
  /** Ends a grant before its time; `proposal` is its id. */
  | { readonly op: "revoke"; readonly proposal: string; readonly by: string };

/** Says yes to exactly what was shown. Answered once it is in force, or has failed. */
export interface ApproveRequest extends Approval {
  readonly op: "approve";
}

/** Says no to exactly what was shown. */
export interface RejectRequest extends Rejection {
  readonly op: "reject";
}

/** What became of an approved image: its Dockerfile is written by the operator's own command. */
export interface SettleRequest extends Settlement {
  readonly op: "settle";
}

/** Facts of the answers: `proposals` all there are, newest first; `approve`, `reject` and `settle` the proposal as it is now. */
export interface SuperviseFacts {
  readonly proposals: { readonly proposals: readonly Proposal[] };
  readonly grants: { readonly grants: readonly Grant[] };
  readonly approve: { readonly proposal: Proposal };
  readonly reject: { readonly proposal: Proposal };
  readonly settle: { readonly proposal: Proposal };
}

/** The answer to an order. */
export type ControlReply =
  | { readonly ok: true; readonly [fact: string]: unknown }
  | { readonly ok: false; readonly message: string };

/**
 * Reads one line; undefined for anything that is not an order. What routes hold is judged where they are used.
 * @throws ManifestError `audit-line-invalid` for an event that is not one, `proposal-invalid` for a route that may not be granted
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
      return parseRecord(value["event"]);
    case "follow":
      return parseFollow(value["after"]);
    case "proposals": case "grants":
      return { op: value["op"] };
    case "approve": case "reject": case "settle": case "revoke":
      return parseDecision(value["op"], value);
    default:
      return undefined;
  }
}

function parseFollow(after: unknown): FollowRequest | undefined {
  if (after === undefined) return { op: "follow" };
  return typeof after === "number" && Number.isSafeInteger(after) ? { op: "follow", after } : undefined;
}

function parseDecision(op: "approve" | "reject" | "settle" | "revoke", value: Readonly<Record<string, unknown>>): ControlRequest | undefined {
  const { proposal, hash, by, reason, until, uses, always, route, outcome, detail } = value;
  if (typeof proposal !== "string" || !isMaybe(reason, "string") || !isMaybe(detail, "string")) return undefined;
  if (op === "settle") return outcome === "applied" || outcome === "failed" ? { op, proposal, outcome, ...(detail !== undefined && { detail }) } : undefined;
  if (typeof by !== "string") return undefined;
  if (op === "revoke") return { op, proposal, by };
  if (typeof hash !== "string") return undefined;
  const decision = { proposal, hash, by, ...(reason !== undefined && { reason }) };
  if (op === "reject") return { op, ...decision };
  if (!isMaybe(until, "string") || !isMaybe(uses, "number") || !isMaybe(always, "boolean")) return undefined;
  return {
    op, ...decision, ...(until !== undefined && { until }), ...(uses !== undefined && { uses }), ...(always !== undefined && { always }),
    ...(route !== undefined && { route: parseAskedRoute(JSON.stringify(route)) }),
  };
}

interface Primitives {
  readonly string: string;
  readonly number: number;
  readonly boolean: boolean;
}

function isMaybe<Name extends keyof Primitives>(value: unknown, type: Name): value is Primitives[Name] | undefined {
  return value === undefined || typeof value === type;
}

// The log reads events as parts of lines only, so this is one. A checkpoint is nobody's to order.
function parseRecord(given: unknown): ControlRequest | undefined {
  const { event } = parseAuditLine(JSON.stringify({ seq: 0, time: "1970-01-01T00:00:00Z", identity: "", prev: auditStart, event: given }));
  return event.type === "checkpoint" ? undefined : { op: "record", event };
}

function parseObject(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}
