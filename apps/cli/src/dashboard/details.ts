import { describeRoute } from "@bottle/backend-core";
import type { AskedRoute } from "@bottle/manifest";
import { shownRoute } from "@bottle/manifest/state";
import { plain, wrap } from "../output/columns.ts";
import { styleOf } from "../output/style.ts";
import { describeLifetime } from "../proposals/lifetime.ts";
import { describeDecision, routesInForce, showProposal, showRoute } from "../proposals/show-proposal.ts";
import type { Tone } from "./layout/line.ts";
import { bottleList, factsOf, proposalOf, routeList } from "./lists.ts";
import type { DashboardState, Decision, Subject } from "./model.ts";

/** A line of details and what it means. */
export interface DetailLine {
  readonly text: string;
  readonly tone?: Tone;
}

// The header, the heading of the details, and the two lines below.
const around = 4;
// Begins what is left of a line that is longer than the screen: only bottle's own lines begin at the edge.
const continued = "  … ";

/** The details of a thing as lines that fit, however many they are. */
export function detailLines(state: DashboardState, subject: Subject): readonly DetailLine[] {
  const { columns } = state.size;
  return textsOf(state, subject).flatMap(({ text, tone = "plain" }) => wrapped(text, columns).map((part) => ({ text: part, tone })));
}

/** How many lines of details the screen shows at once. */
export function detailRows({ size }: DashboardState): number {
  return Math.max(1, size.rows - around);
}

/** How far the details can be scrolled. */
export function lastScroll(state: DashboardState, subject: Subject): number {
  return Math.max(0, detailLines(state, subject).length - detailRows(state));
}

function textsOf(state: DashboardState, subject: Subject): readonly DetailLine[] {
  switch (subject.pane) {
    case "bottles":
      return textsOfBottle(state, subject.identity);
    case "proposals":
      return textsOfProposal(state, subject);
    case "decisions":
      return textsOfDecision(subject.decision);
    case "routes":
      return textsOfRoute(state, subject.key);
  }
}

function textsOfBottle(state: DashboardState, identity: string): readonly DetailLine[] {
  const row = bottleList(state).find((bottle) => bottle.identity === identity);
  if (!row) return [{ text: "This bottle is gone.", tone: "bad" }];
  const facts = factsOf(state, identity);
  const isThere = row.status === "running" || row.status === "starting";
  return [
    fact("bottle", identity), fact("status", row.status + (facts.isFrozen ? ", FROZEN: nothing leaves" : "")),
    fact("agent", row.agent), fact("backend", row.backend), fact("since", row.since), fact("workspace", row.workspace),
    ...(facts.trouble === undefined ? [] : [{ ...fact("trouble", facts.trouble), tone: "bad" as const }]),
    ...(isThere ? [fact("seen", `${facts.allowed} allowed, ${facts.denied} denied since this dashboard was opened`)] : []),
    { text: "" },
    ...(isThere ? hints([`bottle attach ${identity}`, `bottle exec ${identity}`, `bottle logs ${identity} --follow`])
      : row.status === "unreadable" ? [] : hints([`bottle resume ${identity}`, `bottle diff ${identity}`, `bottle logs ${identity}`])),
    ...(facts.proposals.length === 0 ? [] : [{ text: "" }, { text: "What it asked, newest first", tone: "bold" as const }]),
    ...facts.proposals.slice(0, 50).map((proposal) => ({ text: `  ${proposal.id}  ${proposal.ask.kind}  ${proposal.decision ? describeDecision(proposal, proposal.decision) : proposal.state}` })),
  ];
}

interface ShownLately {
  readonly of: readonly unknown[];
  readonly lines: readonly DetailLine[];
}

// A long image takes a while to compare, and every screen shows it again.
let lately: ShownLately = { of: [], lines: [] };

function textsOfProposal(state: DashboardState, subject: { readonly identity: string; readonly id: string }): readonly DetailLine[] {
  const proposal = proposalOf(state, subject);
  if (!proposal) return [{ text: "This proposal is gone.", tone: "bad" }];
  const { routes, grants, dockerfile } = factsOf(state, proposal.identity);
  const written = writtenRoute(state);
  const of = [proposal, routes, grants, dockerfile, written, Math.floor(state.now / 1000)];
  if (of.every((part, index) => part === lately.of[index])) return lately.lines;
  const background = { inForce: routes && routesInForce(routes, grants), now: new Date(state.now), style: styleOf({ hasColour: false }), ...(dockerfile !== undefined && { dockerfile }) };
  const asked = proposal.ask.kind === "egress" || proposal.ask.kind === "pipelock" ? proposal.ask.route : undefined;
  const instead = written ? ["you grant instead:", ...showRoute(written, background, asked), ""] : [];
  lately = { of, lines: [...instead, ...showProposal(proposal, background)].map((text, index) => ({ text, tone: toneOf(text, index) })) };
  return lately.lines;
}

function toneOf(text: string, index: number): Tone {
  if (index === 0) return "bold";
  if (text.startsWith("  + ")) return "good";
  return /^ {2}(?:- |careful: |found: |look at: )/.test(text) ? "bad" : "plain";
}

function writtenRoute({ prompt }: DashboardState): AskedRoute | undefined {
  const order = prompt?.kind === "choose" ? prompt.choices[0]?.order : undefined;
  return order?.kind === "approve" ? order.route : undefined;
}

function textsOfDecision({ event, identity, seq, time }: Decision): readonly DetailLine[] {
  const { type, ...rest } = event;
  return [
    { text: `${event.decision === "allow" ? "Allowed" : "Denied"}: ${event.reason}`, tone: event.decision === "allow" ? "good" : "bad" },
    fact("bottle", identity), fact("record", `${seq} at ${time}`), fact("kind", type),
    ...Object.entries(rest).flatMap(([name, value]) => (Array.isArray(value) ? value.map((item) => fact(name, JSON.stringify(item))) : [fact(name, String(value))])),
  ];
}

function textsOfRoute(state: DashboardState, key: string): readonly DetailLine[] {
  const item = routeList(state).find((one) => one.key === key);
  if (!item) return [{ text: "This is not in force any more.", tone: "bad" }];
  if (item.kind === "route") {
    return [fact("route", describeRoute(item.route)), fact("from", "the manifest the bottle was started with"), fact("used", `${item.used} times for ${item.route.host} since this dashboard was opened`)];
  }
  const { grant } = item;
  return [
    fact("route", shownRoute(grant.route)), fact("grant", `${grant.proposal} (${grant.kind}), since ${grant.since}`), fact("holds", describeLifetime(grant)),
    fact("used", `${grant.used} times${grant.lastUsedAt === undefined ? "" : `, last ${grant.lastUsedAt}`}`),
    ...(grant.used === 0 ? [{ text: "It was never used: x takes it back.", tone: "warn" as const }] : []),
  ];
}

function fact(name: string, value: string): DetailLine {
  return { text: `${name.padEnd(10)} ${value}` };
}

function hints(commands: readonly string[]): readonly DetailLine[] {
  return commands.map((command) => ({ text: `  $ ${command}` }));
}

function wrapped(text: string, columns: number): readonly string[] {
  const key = `${columns} ${text}`;
  const known = wraps.get(key);
  if (known) return known;
  const [first = "", ...others] = wrap(plain(text), columns);
  const rest = others.length === 0 ? [] : wrap(plain(text).slice(first.length).trimStart(), Math.max(2, columns - continued.length));
  const rows = [first, ...rest.map((part) => `${continued}${part}`)];
  if (wraps.size >= mostWraps) wraps.clear();
  wraps.set(key, rows);
  return rows;
}

const mostWraps = 4000;
const wraps = new Map<string, readonly string[]>();
