import { answer, typeKey } from "./answer.ts";
import { askApproval, askEdit, askReason } from "./ask-decision.ts";
import { lastScroll, detailRows } from "./details.ts";
import { helpText } from "./help-text.ts";
import { bottleList, chosenBottle, chosenIndex, decisionList, factsOf, keysOf, panes, pendingList, routeList } from "./lists.ts";
import { hasRoom, type BottleRow, type DashboardState, type Key, type Order, type Pane, type Shown, type Step, type Subject } from "./model.ts";

/** What a key does: it answers what is asked, else it moves, opens or orders. */
export function press(state: DashboardState, key: Key): Step {
  if (key === "ctrl-c") return { state, orders: [{ kind: "quit", isInterrupted: true }] };
  // Nobody sees what is asked there.
  if (!hasRoom(state.size)) return key === "q" ? { state, orders: [{ kind: "quit", isInterrupted: false }] } : stay(state);
  if (state.prompt?.kind === "choose") return answer(state, state.prompt, key);
  if (state.prompt?.kind === "write") return typeKey(state, state.prompt, key);
  const { notice, ...quiet } = state;
  void notice;
  if (state.view.kind !== "panes") return pressInView(quiet, key);
  return pressInPanes(quiet, key);
}

function pressInView(state: DashboardState, key: Key): Step {
  const { view } = state;
  if (["escape", "q", "left", "h", "backspace"].includes(key)) return stay({ ...state, view: { kind: "panes" } });
  if (view.kind === "panes") return stay(state);
  const [page, end] = [detailRows(state), view.kind === "help" ? Math.max(0, helpText.length - detailRows(state)) : lastScroll(state, view.subject)];
  const scrolled = scrollTo(view.scroll, key, { page, end });
  if (scrolled !== undefined) return stay({ ...state, view: { ...view, scroll: scrolled } });
  return view.kind === "details" ? act(state, key) : stay(state);
}

function scrollTo(scroll: number, key: Key, { page, end }: { readonly page: number; readonly end: number }): number | undefined {
  const moved: Readonly<Record<Key, number>> = { up: scroll - 1, k: scroll - 1, down: scroll + 1, j: scroll + 1, pageup: scroll - page, pagedown: scroll + page, " ": scroll + page, home: 0, g: 0, end, G: end };
  const target = moved[key];
  return target === undefined ? undefined : Math.min(end, Math.max(0, target));
}

function pressInPanes(state: DashboardState, key: Key): Step {
  const { focus } = state;
  const index = panes.indexOf(focus);
  switch (key) {
    case "q":
      return { state, orders: [{ kind: "quit", isInterrupted: false }] };
    case "?":
      return stay({ ...state, view: { kind: "help", scroll: 0 } });
    case "tab": case "right": case "l":
      return stay({ ...state, focus: panes[(index + 1) % panes.length] ?? focus });
    case "shift-tab": case "left": case "h":
      return stay({ ...state, focus: panes[(index + panes.length - 1) % panes.length] ?? focus });
    case "1": case "2": case "3": case "4":
      return stay({ ...state, focus: panes[Number(key) - 1] ?? focus });
    case "d":
      return stay({ ...state, shows: { ...state.shows, onlyDenied: !state.shows.onlyDenied } });
    case "o":
      return stay({ ...state, shows: { ...state.shows, onlyChosen: !state.shows.onlyChosen } });
    case "enter": {
      const subject = subjectOf(state);
      return stay(subject === undefined ? state : { ...state, view: { kind: "details", subject, scroll: 0 } });
    }
    default:
      return move(state, key) ?? act(state, key);
  }
}

function move(state: DashboardState, key: Key): Step | undefined {
  const { focus } = state;
  const keys = keysOf(state, focus);
  const target = scrollTo(chosenIndex(state, focus, keys), key, { page: 10, end: Math.max(0, keys.length - 1) });
  if (target === undefined) return undefined;
  const { [focus]: _left, ...others } = state.chosen;
  // At the top the choice follows what is new.
  const chosen = target === 0 && focus === "decisions" ? undefined : keys[target];
  return stay({ ...state, chosen: chosen === undefined ? others : { ...others, [focus]: chosen } });
}

function subjectOf(state: DashboardState): Subject | undefined {
  const pane: Pane = state.focus;
  const index = chosenIndex(state, pane);
  if (pane === "proposals") return shownOf(state);
  if (pane === "decisions") {
    const decision = decisionList(state)[index];
    return decision && { pane, decision };
  }
  const identity = chosenBottle(state)?.identity;
  if (identity === undefined) return undefined;
  if (pane === "bottles") return { pane, identity };
  const item = routeList(state)[index];
  return item && { pane, identity, key: item.key };
}

function shownOf(state: DashboardState): (Shown & { readonly pane: "proposals" }) | undefined {
  const proposal = pendingList(state)[chosenIndex(state, "proposals")];
  return proposal && { pane: "proposals", identity: proposal.identity, id: proposal.id, hash: proposal.hash };
}

// What is done to a thing: to the one whose details are open, else to the chosen one.
function act(state: DashboardState, key: Key): Step {
  const subject = state.view.kind === "details" ? state.view.subject : subjectOf(state);
  switch (key) {
    case "a": case "r": case "e": {
      const shown = subject?.pane === "proposals" ? subject : state.view.kind === "details" ? undefined : shownOf(state);
      if (!shown) return stay({ ...state, notice: { tone: "plain", text: "Nothing is asked here." } });
      return { a: askApproval, r: askReason, e: askEdit }[key](state, shown);
    }
    case "f":
      return orderOfBottle(state, bottleOf(state, subject), freeze);
    case "s":
      return orderOfBottle(state, bottleOf(state, subject), ({ identity }) => ask(state, `Stop ${identity}? Its work is kept.`, { kind: "stop", identity }));
    case "x":
      return revoke(state, subject);
    default:
      return stay(state);
  }

  function freeze({ identity }: BottleRow): Step {
    // Closing the way out is never the wrong side, so it is done at once; opening it asks.
    if (!factsOf(state, identity).isFrozen) return { state, orders: [{ kind: "freeze", identity }] };
    return ask(state, `Thaw ${identity}? Its routes count again.`, { kind: "thaw", identity });
  }
}

function bottleOf(state: DashboardState, subject: Subject | undefined): BottleRow | undefined {
  if (!subject) return chosenBottle(state);
  const identity = subject.pane === "decisions" ? subject.decision.identity : subject.identity;
  return bottleList(state).find((row) => row.identity === identity);
}

function orderOfBottle(state: DashboardState, bottle: BottleRow | undefined, make: (bottle: BottleRow) => Step): Step {
  if (bottle?.status === "running" || bottle?.status === "starting") return make(bottle);
  const text = bottle === undefined ? "There is no bottle here." : `${bottle.identity} is not running. \`bottle resume ${bottle.identity}\` goes on.`;
  return stay({ ...state, notice: { tone: "plain", text } });
}

function revoke(state: DashboardState, subject: Subject | undefined): Step {
  const item = subject?.pane === "routes" ? routeList(state).find(({ key }) => key === subject.key) : undefined;
  if (subject?.pane !== "routes" || item?.kind !== "grant") return stay({ ...state, notice: { tone: "plain", text: "Only a grant can be taken back; routes are in the manifest." } });
  const { identity } = subject;
  return ask(state, `Take back ${item.grant.proposal} of ${identity}? What it allowed is cut.`, { kind: "revoke", identity, id: item.grant.proposal });
}

function ask(state: DashboardState, question: string, order: Order): Step {
  return stay({ ...state, prompt: { kind: "choose", question, choices: [{ key: "y", label: "yes", order }] } });
}

function stay(state: DashboardState): Step {
  return { state, orders: [] };
}
