import { escapeDeceptive } from "../text/visible.ts";
import { readJson } from "../state/read-json.ts";
import type { Ask, AskedRoute, Grant, Proposal } from "./model.ts";
import { askedRouteSchema, grantsSchema, proposalSchema } from "./schema.ts";

/** The one text of what is asked, whose SHA-256 is a proposal's `hash`. Keys are always in one order. */
export function askedText(ask: Ask, justification: string): string {
  return JSON.stringify({ ask: inOrder(ask), justification });
}

/** The text of a file of the queue: JSON of printable characters on one line, one line feed at the end. */
export function formatProposal(proposal: Proposal): string {
  return `${escapeDeceptive(JSON.stringify(proposal))}\n`;
}

/** Reads a file of the queue. @throws ManifestError `proposal-invalid` */
export function parseProposal(text: string): Proposal {
  return readJson(text, { schema: proposalSchema, code: "proposal-invalid", noun: "A proposal" });
}

/** Reads a route as it may be granted, in JSON. @throws ManifestError `proposal-invalid` */
export function parseAskedRoute(text: string): AskedRoute {
  return readJson(text, { schema: askedRouteSchema, code: "proposal-invalid", noun: "A route that may be granted" });
}

/** The text of `supervise/grants.json`. */
export function formatGrants(grants: readonly Grant[]): string {
  return `${escapeDeceptive(JSON.stringify(grants))}\n`;
}

/** Reads `supervise/grants.json`. @throws ManifestError `grants-invalid` */
export function parseGrants(text: string): readonly Grant[] {
  return readJson(text, { schema: grantsSchema, code: "grants-invalid", noun: "grants.json" });
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, inOrder(item)]));
}
