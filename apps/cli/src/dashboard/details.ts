import type { Proposal } from "@bottle/manifest";
import { describeGain, describeLifetime, describeState, quotationMark, quoted } from "../proposals/describe.ts";
import { formatRouteText } from "../proposals/route-text.ts";
import { plain, wrap } from "../output/columns.ts";
import { ago, ahead } from "./layout/time.ts";
import type { Tone } from "./layout/line.ts";
import { bottleList, factsOf, proposalOf, routeList } from "./lists.ts";
import type { DashboardState, Decision, Subject } from "./model.ts";

// The header, the heading of the details, and the two lines below.
const around = 4;

/** A line of details and what it means. */
export interface DetailLine {
  readonly text: string;
  readonly tone?: Tone;
}

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
    fact("status", row.status + (facts.isFrozen ? ", FROZEN: nothing leaves" : "")),
    fact("agent", row.agent), fact("backend", row.backend), fact("since", row.since), fact("workspace", row.workspace),
    ...(facts.trouble === undefined ? [] : [{ text: facts.trouble, tone: "bad" as const }]),
    ...(isThere ? [fact("seen", `${facts.allowed} allowed, ${facts.denied} denied since this dashboard was opened`)] : []),
    { text: "" },
    ...(isThere ? hints([`bottle attach ${identity}`, `bottle exec ${identity}`, `bottle logs ${identity} --follow`])
      : row.status === "unreadable" ? [] : hints([`bottle resume ${identity}`, `bottle diff ${identity}`, `bottle logs ${identity}`])),
    ...(facts.proposals.length === 0 ? [] : [{ text: "" }, { text: "What it asked, newest first", tone: "bold" as const }]),
    ...facts.proposals.slice(0, 50).map((proposal) => ({ text: `${proposal.id}  ${proposal.ask.kind}  ${describeState(proposal)}` })),
  ];
}

function textsOfProposal(state: DashboardState, subject: { readonly identity: string; readonly id: string }): readonly DetailLine[] {
  const proposal = proposalOf(state, subject);
  if (!proposal) return [{ text: "This proposal is gone.", tone: "bad" }];
  const { ask } = proposal;
  const written = writtenRoute(state);
  const gain = describeGain(ask, written);
  return [
    { text: `${proposal.id} of ${proposal.identity}: ${ask.kind}, asked ${ago(proposal.createdAt, state.now)}`, tone: "bold" },
    { text: `${describeState(proposal)}${proposal.state === "pending" ? `, expires ${ahead(proposal.expiresAt, state.now)}` : ""}`, tone: proposal.state === "pending" ? "warn" : "plain" },
    { text: "" },
    { text: written ? "What a yes allows in addition, AS YOU WROTE IT" : "What a yes allows in addition", tone: "bold" },
    ...gain.map((text) => ({ text, ...(text.startsWith("+") && { tone: "warn" as const }) })),
    ...alike(state, proposal),
    { text: "" },
    { text: "Why, in the agent's words", tone: "bold" },
    ...quoted(proposal.justification).map((text) => ({ text, tone: "dim" as const })),
  ];
}

// What is in force for the same host, to see beside it what is new.
function alike(state: DashboardState, { ask, identity }: Proposal): readonly DetailLine[] {
  if (ask.kind !== "egress") return [];
  const { routes, grants } = factsOf(state, identity);
  const { host } = ask.route;
  const found = [...grants.filter(({ route }) => route.host === host).map((grant) => `grant ${formatRouteText(grant.route)}`), ...routes.filter((route) => route.host === host).map(({ text }) => text)];
  return [{ text: "" }, { text: "In force for this host now", tone: "bold" }, ...(found.length === 0 ? ["nothing"] : found).map((text) => ({ text: `  ${text}` }))];
}

function writtenRoute({ prompt }: DashboardState): Parameters<typeof describeGain>[1] {
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
    return [{ text: item.route.text, tone: "bold" }, fact("from", "the manifest the bottle was started with"), fact("used", `${item.used} times for ${item.route.host} since this dashboard was opened`)];
  }
  const { grant } = item;
  return [
    { text: formatRouteText(grant.route), tone: "bold" },
    fact("grant", `${grant.proposal} (${grant.kind}), since ${grant.since}`), fact("holds", describeLifetime(grant)),
    fact("used", `${grant.used} times${grant.lastUsedAt === undefined ? "" : `, last ${grant.lastUsedAt}`}`),
    ...(grant.used === 0 ? [{ text: "It was never used: x takes it back.", tone: "warn" as const }] : []),
    ...describeGain({ kind: grant.kind, route: grant.route }).map((text) => ({ text })),
  ];
}

function fact(name: string, value: string): DetailLine {
  return { text: `${name.padEnd(10)} ${value}` };
}

function hints(commands: readonly string[]): readonly DetailLine[] {
  return commands.map((command) => ({ text: `  $ ${command}` }));
}

// A quotation stays one where its lines break. The longest take a while, and every screen shows them again.
function wrapped(text: string, columns: number): readonly string[] {
  const key = `${columns} ${text}`;
  const known = wraps.get(key);
  if (known) return known;
  const rows = text.startsWith(quotationMark)
    ? wrap(plain(text.slice(quotationMark.length)), columns - quotationMark.length).map((part) => `${quotationMark}${part}`)
    : wrap(plain(text), columns);
  if (wraps.size >= mostWraps) wraps.clear();
  wraps.set(key, rows);
  return rows;
}

const mostWraps = 4000;
const wraps = new Map<string, readonly string[]>();
