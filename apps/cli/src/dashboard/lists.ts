import type { Grant, Proposal, Route } from "@bottle/manifest";
import { noRates } from "./rates.ts";
import type { BottleFacts, BottleRow, DashboardState, Decision, Pane } from "./model.ts";

/** A line of the pane of routes: one of the manifest, or a grant. */
export type RouteItem =
  | { readonly key: string; readonly kind: "route"; readonly route: Route; readonly used: number }
  | { readonly key: string; readonly kind: "grant"; readonly grant: Grant };

/** The panes in the order of the screen. */
export const panes: readonly Pane[] = ["bottles", "proposals", "decisions", "routes"];

const nothing: BottleFacts = { rates: noRates, allowed: 0, denied: 0, decisions: [], used: new Map(), routes: undefined, proposals: [], grants: [], isFrozen: false };

/** What is known of a bottle; of one that was not looked at yet, nothing. */
export function factsOf({ facts }: DashboardState, identity: string): BottleFacts {
  return facts.get(identity) ?? nothing;
}

/** The bottles: those that run first, the others by when they ran last. */
export function bottleList({ bottles = [] }: DashboardState): readonly BottleRow[] {
  return bottles.toSorted((a, b) => rank(a) - rank(b) || (rank(a) === 0 ? compare(a.identity, b.identity) : compare(b.since, a.since)));
}

/** What agents ask and nobody answered, oldest first. */
export function pendingList(state: DashboardState): readonly Proposal[] {
  return [...state.facts.values()].flatMap(({ proposals }) => proposals.filter((proposal) => proposal.state === "pending"))
    .toSorted((a, b) => compare(a.createdAt, b.createdAt) || compare(a.id, b.id));
}

/** The last decisions, newest first. */
export function decisionList(state: DashboardState): readonly Decision[] {
  const known = sorted.get(state) ?? sortDecisions(state);
  sorted.set(state, known);
  return known;
}

// A state never changes, and its screen asks several times.
const sorted = new WeakMap<DashboardState, readonly Decision[]>();

function sortDecisions(state: DashboardState): readonly Decision[] {
  const { onlyDenied, onlyChosen } = state.shows;
  const wanted = onlyChosen ? chosenBottle(state)?.identity : undefined;
  const all = [...state.facts].flatMap(([identity, { decisions }]) => (onlyChosen && identity !== wanted ? [] : decisions));
  return all.filter(({ event }) => !onlyDenied || event.decision === "deny").toSorted((a, b) => compare(b.time, a.time) || b.seq - a.seq);
}

/** What the chosen bottle may reach: grants first, then the manifest's routes. */
export function routeList(state: DashboardState): readonly RouteItem[] {
  const identity = chosenBottle(state)?.identity;
  if (identity === undefined) return [];
  const { routes = [], grants, used } = factsOf(state, identity);
  return [
    ...grants.map((grant): RouteItem => ({ key: `${identity} ${grant.proposal}`, kind: "grant", grant })),
    ...routes.map((route, index): RouteItem => ({ key: `${identity} ${index}`, kind: "route", route, used: used.get(route.host) ?? 0 })),
  ];
}

/** The keys of a pane's lines, by which a choice is kept. */
export function keysOf(state: DashboardState, pane: Pane): readonly string[] {
  switch (pane) {
    case "bottles":
      return bottleList(state).map(({ identity }) => identity);
    case "proposals":
      return pendingList(state).map(({ id, identity }) => `${identity} ${id}`);
    case "decisions":
      return decisionList(state).map(decisionKey);
    case "routes":
      return routeList(state).map(({ key }) => key);
  }
}

function decisionKey({ identity, seq }: Decision): string {
  return `${identity} ${seq}`;
}

/** Where the choice stands; the first line if what was chosen is gone. */
export function chosenIndex(state: DashboardState, pane: Pane, keys: readonly string[] = keysOf(state, pane)): number {
  const key = state.chosen[pane];
  return key === undefined ? 0 : Math.max(0, keys.indexOf(key));
}

/** The bottle that is chosen, if there is any. */
export function chosenBottle(state: DashboardState): BottleRow | undefined {
  const list = bottleList(state);
  return list.find(({ identity }) => identity === state.chosen.bottles) ?? list[0];
}

/** A proposal as it is now. */
export function proposalOf(state: DashboardState, { identity, id }: { readonly identity: string; readonly id: string }): Proposal | undefined {
  return factsOf(state, identity).proposals.find((proposal) => proposal.id === id);
}

function rank({ status }: BottleRow): number {
  return status === "running" || status === "starting" ? 0 : 1;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
