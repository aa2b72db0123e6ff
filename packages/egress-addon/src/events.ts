import type { Finding } from "@bottle/secret-scan";
import type { RefusalLayer, RefusalReason } from "./policy/refusals.ts";

/** One request, when it is over: answered, refused or cut. A refused CONNECT is one too. Never carries a credential. */
export interface EgressEvent {
  readonly type: "request";
  readonly decision: "allow" | "deny";
  /** What decided, or failed after the decision. */
  readonly layer: RefusalLayer;
  /** `allowed`; `cut` if an allowed request ended before its answer was complete; else why it was refused or failed. */
  readonly reason: RefusalReason | "allowed" | "cut";
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The host of the route that allowed it. */
  readonly route?: string;
  /** The name that this route was granted under. */
  readonly grant?: string;
  /** What the client was answered; absent if it got nothing. */
  readonly status?: number;
  /** Body bytes (or WebSocket bytes) to the upstream and from it. */
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** The reference of the credential that was put on the wire. */
  readonly tokenRef?: string;
  /** What the scan found in the request, also where it was let pass; without any of the text. */
  readonly findings?: readonly EgressFinding[];
  /** The operator should look at this: a placeholder, or a value that was never inside, was sent. */
  readonly alarm?: true;
  readonly durationMs: number;
}

/** What the scan found: a rule, and in which part of the request. Names and numbers alone, never any of the text. */
export type EgressFinding = Pick<Finding, "rule" | "kind" | "where" | "via">;
