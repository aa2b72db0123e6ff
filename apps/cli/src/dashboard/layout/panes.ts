import { describeRoute } from "@bottle/backend-core";
import type { Proposal } from "@bottle/manifest";
import { shownAsk, shownRoute } from "@bottle/manifest/state";
import { span } from "../../output/age.ts";
import { describeLifetime } from "../../proposals/lifetime.ts";
import { gitLine } from "../../services/git-line.ts";
import { bottleList, chosenBottle, chosenIndex, decisionList, factsOf, pendingList, routeList, type RouteItem } from "../lists.ts";
import type { BottleRow, DashboardState, Decision, Pane } from "../model.ts";
import { ratesAt } from "../rates.ts";
import { cell, chosenLine, heading, lineOf, type Line, type Piece } from "./line.ts";

const statusTones = { running: "good", starting: "warn", stopped: "dim", crashed: "bad", unreadable: "bad" } as const;

/** A pane: its heading, and as many lines as it was given, with the chosen one among them. */
export function paneLines(state: DashboardState, pane: Pane, rows: number): readonly Line[] {
  const { columns } = state.size;
  const { title, items, empty } = contentOf(state, pane);
  const chosen = chosenIndex(state, pane);
  const first = Math.min(Math.max(0, chosen - Math.floor(rows / 2)), Math.max(0, items.length - rows));
  const shown = items.slice(first, first + rows).map((pieces, index) => {
    const isChosen = first + index === chosen && items.length > 0;
    const line = lineOf(columns, [isChosen ? "› " : "  ", ...pieces()]);
    return isChosen && state.focus === pane ? chosenLine(line) : line;
  });
  const blank = lineOf(columns, []);
  const body = items.length === 0 ? [lineOf(columns, [[`  ${empty}`, "dim"]])] : shown;
  const more = items.length > rows ? `, ${first + 1}–${first + shown.length} shown` : "";
  return [heading(columns, `${title}${more}`, state.focus === pane), ...Array.from({ length: rows }, (_, index) => body[index] ?? blank)];
}

/** How many lines each pane could fill. */
export function needsOf(state: DashboardState): Readonly<Record<Pane, number>> {
  return {
    bottles: bottleList(state).length, proposals: pendingList(state).length, decisions: decisionList(state).length, routes: routeList(state).length,
  };
}

interface Content {
  readonly title: string;
  /** Made only for the lines that are shown. */
  readonly items: readonly (() => readonly Piece[])[];
  readonly empty: string;
}

function contentOf(state: DashboardState, pane: Pane): Content {
  switch (pane) {
    case "bottles":
      return { title: `1 Bottles (${state.bottles?.length ?? "…"})`, items: bottleList(state).map((row) => () => bottlePieces(state, row)), empty: state.bottles ? "There is no bottle yet. `bottle start <agent>` makes one." : "Looking …" };
    case "proposals": {
      const list = pendingList(state);
      return { title: `2 Asked (${list.length})`, items: list.map((proposal) => () => proposalPieces(state, proposal)), empty: "No agent waits for an answer." };
    }
    case "decisions":
      return { title: decisionsTitle(state), items: decisionList(state).map((decision) => () => decisionPieces(decision)), empty: "Nothing was asked of the network since this was opened." };
    case "routes": {
      const list = routeList(state);
      return { title: `4 In force for ${chosenBottle(state)?.identity ?? "no bottle"} (${list.length})`, items: list.map((item) => () => routePieces(item)), empty: "No route: nothing leaves." };
    }
  }
}

function decisionsTitle(state: DashboardState): string {
  const { onlyDenied, onlyChosen } = state.shows;
  return `3 ${onlyDenied ? "Denied" : "Decisions"}${onlyChosen ? ` of ${chosenBottle(state)?.identity ?? "no bottle"}` : ""}`;
}

function bottlePieces(state: DashboardState, row: BottleRow): readonly Piece[] {
  const { columns } = state.size;
  const facts = factsOf(state, row.identity);
  const asks = facts.proposals.filter((proposal) => proposal.state === "pending").length;
  const isThere = row.status === "running" || row.status === "starting";
  // The agent's name begins the identity.
  const wide = columns >= 100 ? [cell(row.agent, 12), cell(row.since.slice(0, 16).replace("T", " "), 16, "dim")] : [cell(row.since.slice(11, 16), 5, "dim")];
  const status = facts.isFrozen && isThere ? cell("FROZEN", 8, "bad") : cell(row.status, 8, statusTones[row.status]);
  const start = [cell(row.identity, Math.min(30, Math.max(12, Math.floor(columns / 5)))), status, cell(row.backend, 10), ...wide];
  if (row.status === "unreadable") return [...start, [row.workspace, "bad"]];
  if (!isThere) return [...start, [`bottle resume ${row.identity}`, "dim"]];
  const { perSecond, perMinute, deniedPerSecond, deniedPerMinute } = ratesAt(facts.rates, state.now);
  return [
    ...start,
    ...(asks > 0 ? [[`asks ${asks} `, "warn"] as const] : []),
    ...(facts.trouble === undefined ? [] : [["no answer: Enter ", "bad"] as const]),
    [`✓ ${rate(perSecond)}/s ${perMinute}/min `, "good"],
    [`✗ ${rate(deniedPerSecond)}/s ${deniedPerMinute}/min`, deniedPerMinute > 0 ? "bad" : "dim"],
  ];
}

function proposalPieces(state: DashboardState, proposal: Proposal): readonly Piece[] {
  return [
    cell(proposal.identity, 12), cell(proposal.id, 10, "dim"), cell(span(Date.parse(proposal.expiresAt) - state.now), 4, "dim"),
    [`${shownAsk(proposal.ask)} `, "warn"], [proposal.justification, "dim"],
  ];
}

function decisionPieces({ identity, time, event }: Decision): readonly Piece[] {
  const mark: Piece = event.decision === "allow" ? ["✓ ", "good"] : ["✗ ", "bad"];
  const start = [cell(clock(time), 8, "dim"), mark, cell(identity, 12, "dim")];
  if (event.type === "git") return [...start, gitLine(event)];
  const times = event.count === undefined ? "" : `${event.count}× `;
  const alarm: readonly Piece[] = event.alarm === true ? [["ALARM ", "bad"]] : [];
  const why: Piece = event.decision === "allow" ? [` ${event.status ?? ""}`, "dim"] : [` ${event.layer}: ${event.reason}`, "bad"];
  return [...start, ...alarm, `${times}${event.method} ${event.host}${event.port === 443 ? "" : `:${event.port}`}${event.path}`, why];
}

function routePieces(item: RouteItem): readonly Piece[] {
  if (item.kind === "route") {
    const text = describeRoute(item.route);
    if (item.route.deny === true) return [cell("deny", 9, "dim"), text];
    return [item.used > 0 ? cell(`${item.used}×`, 9, "good") : cell("unused", 9, "warn"), text];
  }
  const { grant } = item;
  const lifetime = describeLifetime(grant);
  return [grant.used > 0 ? cell(`${grant.used}×`, 9, "good") : cell("unused", 9, "warn"), [`grant ${grant.proposal} `, "bold"], `${shownRoute(grant.route)} `, [lifetime, "dim"]];
}

function rate(perSecond: number): string {
  return perSecond >= 10 ? String(Math.round(perSecond)) : String(Number(perSecond.toFixed(1)));
}

// The time of day in UTC, as the record has it.
function clock(time: string): string {
  return time.slice(11, 19);
}
