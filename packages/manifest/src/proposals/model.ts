import type { GitFinding, RefChange } from "../audit/event.ts";
import type { Route } from "../model.ts";

/** A route as an agent may ask for it: where and what, never a credential, never less of a scan. */
export type AskedRoute = Pick<Route, "host" | "ports" | "methods" | "paths">;

/** A push that the gate holds, by the object ids it would bring. */
export interface AskedPush {
  /** The upstream's name in the manifest. */
  readonly repository: string;
  readonly updates: readonly RefChange[];
  /** What was found in it; never any of its text. The first 100. */
  readonly findings: readonly GitFinding[];
  /** Paths that the operator wants to look at. The first 100. */
  readonly review: readonly string[];
  /** How many findings and paths there are besides; absent: none. */
  readonly unlisted?: number;
}

/** What an agent asks for. */
export type Ask =
  | { readonly kind: "egress"; readonly route: AskedRoute }
  /** A host that the second hop does not let through, though a route does. */
  | { readonly kind: "pipelock"; readonly route: AskedRoute }
  /** A Dockerfile to make the bottle's image from. */
  | { readonly kind: "capability"; readonly dockerfile: string }
  | { readonly kind: "push"; readonly push: AskedPush };

/**
 * `pending` → `approved` | `rejected` | `expired` (nobody decided in time) | `withdrawn` (the agent took it back);
 * `approved` → `applied` (it is in force) | `failed` (it could not be put in force; what was before stands). No other way.
 */
export type ProposalState = "pending" | "approved" | "rejected" | "expired" | "withdrawn" | "applied" | "failed";

/** For how long a grant holds; empty: for as long as the bottle is there, resumes included. */
export interface Lifetime {
  /** ISO 8601, UTC. */
  readonly until?: string;
  /** How many requests may use it. */
  readonly uses?: number;
}

/** What the operator said. */
export interface ProposalDecision extends Lifetime {
  /** Who decided, as they call themselves: `user@host` of the command, for example. */
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** For the agent's eyes. */
  readonly reason?: string;
  /** What is granted, where the operator made it another than was asked. */
  readonly route?: AskedRoute;
  /** Whether it went into the bottle's manifest as well. */
  readonly always?: boolean;
}

/** A file of the queue, `supervise/queue/<id>.json`. */
export interface Proposal {
  readonly version: 1;
  /** `p-` and eight base-36 characters, random. */
  readonly id: string;
  readonly identity: string;
  readonly state: ProposalState;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly changedAt: string;
  readonly expiresAt: string;
  readonly ask: Ask;
  /** As the agent wrote it. It is cleaned before a person sees it, never before it is kept. */
  readonly justification: string;
  /** SHA-256, in hex, of `askedText`: an approval names it, so that it counts only for what was shown. */
  readonly hash: string;
  readonly decision?: ProposalDecision;
  /** Why it could not be put in force. Present exactly for `failed`. */
  readonly failure?: string;
}

/** An approved route in force beside the manifest's. A list of them is `supervise/grants.json`. */
export interface Grant extends Lifetime {
  /** The proposal's id. */
  readonly proposal: string;
  readonly kind: "egress" | "pipelock";
  readonly route: AskedRoute;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Requests that it let through so far. */
  readonly used: number;
  /** ISO 8601, UTC. */
  readonly lastUsedAt?: string;
  readonly always?: boolean;
}
