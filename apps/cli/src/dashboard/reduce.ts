import { paste } from "./answer.ts";
import { factsOf, proposalOf } from "./lists.ts";
import { keptDecisions, type BottleFacts, type DashboardEvent, type DashboardState, type Shown, type Step, type Traffic } from "./model.ts";
import { press } from "./press.ts";
import { addCounts } from "./rates.ts";

/** What an event makes of the state. Pure: what is to be done outside is in the orders. */
export function reduce(state: DashboardState, event: DashboardEvent): Step {
  switch (event.kind) {
    case "key":
      return press(state, event.key);
    case "paste":
      return { state: paste(state, event.text), orders: [] };
    default:
      return { state: learn(state, event), orders: [] };
  }
}

function learn(state: DashboardState, event: Exclude<DashboardEvent, { kind: "key" | "paste" }>): DashboardState {
  switch (event.kind) {
    case "size":
      return { ...state, size: event.size };
    case "tick":
      return { ...state, now: event.now };
    case "bottles":
      return withBottles(state, event.bottles);
    case "manifest":
      return withFacts(state, event.identity, { routes: event.routes, ...(event.dockerfile !== undefined && { dockerfile: event.dockerfile }) });
    case "frozen":
      return factsOf(state, event.identity).isFrozen === event.isFrozen ? state : withFacts(state, event.identity, { isFrozen: event.isFrozen });
    case "traffic":
      return event.traffic.reduce(withTraffic, { ...state, now: event.now });
    case "asks":
      return followShown(withFacts(state, event.identity, { proposals: event.proposals, grants: event.grants }));
    case "trouble":
      return withTrouble(state, event);
    case "notice":
      return { ...state, notice: event.notice };
  }
}

function withFacts(state: DashboardState, identity: string, change: Partial<BottleFacts>): DashboardState {
  return { ...state, facts: new Map(state.facts).set(identity, { ...factsOf(state, identity), ...change }) };
}

// What is gone is forgotten.
function withBottles(state: DashboardState, bottles: NonNullable<DashboardState["bottles"]>): DashboardState {
  const known = new Set(bottles.map(({ identity }) => identity));
  return { ...state, bottles, facts: new Map([...state.facts].filter(([identity]) => known.has(identity))) };
}

function withTraffic(state: DashboardState, { identity, allowed, denied, decisions, used, isFrozen }: Traffic): DashboardState {
  const facts = factsOf(state, identity);
  const uses = new Map(facts.used);
  for (const [host, count] of used) uses.set(host, (uses.get(host) ?? 0) + count);
  return withFacts(state, identity, {
    rates: addCounts(facts.rates, state.now, { allowed, denied }), allowed: facts.allowed + allowed, denied: facts.denied + denied,
    decisions: [...facts.decisions, ...decisions].slice(-keptDecisions), used: uses, isFrozen: isFrozen ?? facts.isFrozen,
  });
}

function withTrouble(state: DashboardState, { identity, message }: { readonly identity: string; readonly message: string | undefined }): DashboardState {
  const facts = factsOf(state, identity);
  if (facts.trouble === message) return state;
  const { trouble, ...rest } = facts;
  void trouble;
  return { ...state, facts: new Map(state.facts).set(identity, message === undefined ? rest : { ...rest, trouble: message }) };
}

// A yes counts for what was read. If that is another by now, the question is taken back and the new one is shown.
function followShown(state: DashboardState): DashboardState {
  const shown = shownProposal(state);
  if (!shown) return state;
  const now = proposalOf(state, shown);
  if (now?.state === "pending" && now.hash === shown.hash) return state;
  const { prompt, ...rest } = state;
  if (!now) return { ...rest, view: { kind: "panes" }, notice: { tone: "bad", text: `${shown.id} is gone.` } };
  const isChanged = now.hash !== shown.hash;
  if (!isChanged && prompt === undefined) return state;
  const text = isChanged ? `${now.id} changed while you looked at it; this is what is asked now.` : `${now.id} is decided already: ${now.state}${now.decision ? ` by ${now.decision.by}` : ""}.`;
  return { ...rest, view: { kind: "details", subject: { pane: "proposals", identity: now.identity, id: now.id, hash: now.hash }, scroll: 0 }, notice: { tone: "bad", text } };
}

function shownProposal({ view, prompt }: DashboardState): Shown | undefined {
  if (prompt?.kind === "write") return prompt.subject;
  return view.kind === "details" && view.subject.pane === "proposals" ? view.subject : undefined;
}
