import type { AskedRoute, Grant, GitEvent, NetworkEvent, Proposal, Route } from "@bottle/manifest";
import type { Rates } from "./rates.ts";

/** Of a terminal, in characters. */
export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The smallest terminal there is room on. */
export const smallest: Size = { columns: 60, rows: 15 };

/** Whether there is room for more than a sentence; where there is not, no key decides anything. */
export function hasRoom({ columns, rows }: Size): boolean {
  return columns >= smallest.columns && rows >= smallest.rows;
}

/** The parts of the screen, from above. */
export type Pane = "bottles" | "proposals" | "decisions" | "routes";

/** A bottle as the state directory knows it. */
export interface BottleRow {
  readonly identity: string;
  readonly status: "starting" | "running" | "stopped" | "crashed" | "unreadable";
  readonly agent: string;
  readonly backend: string;
  /** ISO 8601, UTC; empty if it cannot be read. */
  readonly since: string;
  /** What the workspace is, or why the bottle cannot be read. */
  readonly workspace: string;
}

/** A decision of the egress or the gate. */
export interface Decision {
  readonly identity: string;
  /** Of the audit log: with the identity it names the decision. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly event: NetworkEvent | GitEvent;
}

/** What one look at a bottle's audit log brought: counts of everything, and the last of the decisions themselves. */
export interface Traffic {
  readonly identity: string;
  readonly allowed: number;
  readonly denied: number;
  /** Oldest first. */
  readonly decisions: readonly Decision[];
  /** Requests let through, by the host of their route. */
  readonly used: ReadonlyMap<string, number>;
  /** Whether the operator closed the way out, if that was said. */
  readonly isFrozen?: boolean;
}

/** What is known of a bottle beside its row. */
export interface BottleFacts {
  readonly rates: Rates;
  /** Since the dashboard was opened. */
  readonly allowed: number;
  readonly denied: number;
  /** Oldest first, at most `keptDecisions`. */
  readonly decisions: readonly Decision[];
  readonly used: ReadonlyMap<string, number>;
  /** Of the manifest it was started with; undefined if they cannot be known. */
  readonly routes: readonly Route[] | undefined;
  /** What its image is made from; absent: it is the common image. */
  readonly dockerfile?: string;
  readonly proposals: readonly Proposal[];
  readonly grants: readonly Grant[];
  readonly isFrozen: boolean;
  /** Why nothing can be learnt of it now. */
  readonly trouble?: string;
}

/** What is opened, and how far it is scrolled. */
export type View =
  | { readonly kind: "panes" }
  | { readonly kind: "help"; readonly scroll: number }
  | { readonly kind: "details"; readonly subject: Subject; readonly scroll: number };

/** A thing with details. A proposal is exactly what was shown: `hash` is its own. */
export type Subject =
  | { readonly pane: "bottles"; readonly identity: string }
  | { readonly pane: "proposals"; readonly identity: string; readonly id: string; readonly hash: string }
  | { readonly pane: "decisions"; readonly decision: Decision }
  | { readonly pane: "routes"; readonly identity: string; readonly key: string };

/** What the operator is asked; nothing happens before it is answered. */
export type Prompt =
  | { readonly kind: "choose"; readonly question: string; readonly choices: readonly Choice[] }
  | { readonly kind: "write"; readonly what: "reason" | "route"; readonly subject: Shown; readonly text: string; readonly cursor: number; readonly problem?: string };

/** A key that answers, and what is then done. */
export interface Choice {
  readonly key: string;
  readonly label: string;
  readonly order: Order;
}

/** A proposal as it stood on the screen. */
export interface Shown {
  readonly identity: string;
  readonly id: string;
  readonly hash: string;
}

/** What is to be done outside. */
export type Order =
  | Shown & { readonly kind: "approve"; readonly route?: AskedRoute; readonly uses?: number; readonly forMs?: number }
  | Shown & { readonly kind: "reject"; readonly reason?: string }
  | { readonly kind: "revoke"; readonly identity: string; readonly id: string }
  | { readonly kind: "freeze" | "thaw" | "stop"; readonly identity: string }
  | { readonly kind: "quit"; readonly isInterrupted: boolean };

/** A sentence under the panes. */
export interface Notice {
  readonly text: string;
  readonly tone: "good" | "bad" | "plain";
}

/** Everything the screen is made from. */
export interface DashboardState {
  readonly size: Size;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Undefined until they were looked for. */
  readonly bottles: readonly BottleRow[] | undefined;
  readonly facts: ReadonlyMap<string, BottleFacts>;
  readonly focus: Pane;
  /** What is chosen in each pane, by its key; what is new never moves the choice. */
  readonly chosen: Readonly<Partial<Record<Pane, string>>>;
  readonly shows: { readonly onlyDenied: boolean; readonly onlyChosen: boolean };
  readonly view: View;
  readonly prompt?: Prompt;
  readonly notice?: Notice;
}

/** A key by name, or a character as it was typed. */
export type Key = string;

/** What happened. */
export type DashboardEvent =
  | { readonly kind: "size"; readonly size: Size }
  | { readonly kind: "tick"; readonly now: number }
  | { readonly kind: "bottles"; readonly bottles: readonly BottleRow[] }
  | { readonly kind: "manifest"; readonly identity: string; readonly routes: readonly Route[] | undefined; readonly dockerfile: string | undefined }
  | { readonly kind: "frozen"; readonly identity: string; readonly isFrozen: boolean }
  | { readonly kind: "traffic"; readonly now: number; readonly traffic: readonly Traffic[] }
  | { readonly kind: "asks"; readonly identity: string; readonly proposals: readonly Proposal[]; readonly grants: readonly Grant[] }
  | { readonly kind: "trouble"; readonly identity: string; readonly message: string | undefined }
  | { readonly kind: "notice"; readonly notice: Notice }
  | { readonly kind: "key"; readonly key: Key }
  | { readonly kind: "paste"; readonly text: string };

/** The next state, and what is to be done outside. */
export interface Step {
  readonly state: DashboardState;
  readonly orders: readonly Order[];
}

/** How many decisions are kept of each bottle. */
export const keptDecisions = 300;

/** The state before anything is known. */
export function createDashboard(size: Size, now: number): DashboardState {
  return {
    size, now, bottles: undefined, facts: new Map(), focus: "bottles", chosen: {}, shows: { onlyDenied: false, onlyChosen: false }, view: { kind: "panes" },
  };
}
