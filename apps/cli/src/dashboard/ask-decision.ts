import type { AskedRoute } from "@bottle/manifest";
import { shownAsk, shownRoute } from "@bottle/manifest/state";
import { lastScroll } from "./details.ts";
import { proposalOf } from "./lists.ts";
import { formatRouteText } from "./route-text.ts";
import type { Choice, DashboardState, Shown, Step, Subject } from "./model.ts";

const hourMs = 3_600_000;

/** Asks for a yes to exactly what is shown, once all of it was on the screen. @param route in place of the one asked for */
export function askApproval(state: DashboardState, shown: Shown, route?: AskedRoute): Step {
  return withPending(openOn(state, shown), shown, (open) => {
    const { view } = open;
    const scroll = view.kind === "details" ? view.scroll : 0;
    if (route === undefined && scroll < lastScroll(open, subjectOf(shown))) {
      return stay({ ...open, notice: { tone: "plain", text: "There is more of it below: read to the end (PgDn), then press a." } });
    }
    const proposal = proposalOf(open, shown);
    const what = route ? shownRoute(route) : proposal ? shownAsk(proposal.ask) : "";
    const hasLifetime = proposal?.ask.kind === "egress" || proposal?.ask.kind === "pipelock";
    const order = { kind: "approve", ...only(shown), ...(route && { route }) } as const;
    const choices: readonly Choice[] = [
      { key: "y", label: hasLifetime ? "yes, without end" : "yes", order },
      ...(hasLifetime ? [{ key: "o", label: "once", order: { ...order, uses: 1 } }, { key: "h", label: "one hour", order: { ...order, forMs: hourMs } }] : []),
    ];
    return stay({ ...open, ...(route && { view: { kind: "details", subject: subjectOf(shown), scroll: 0 } }), prompt: { kind: "choose", question: `Approve for ${shown.identity}: ${what}?`, choices } });
  });
}

/** Asks for what the agent is told with the no. */
export function askReason(state: DashboardState, shown: Shown): Step {
  return withPending(openOn(state, shown), shown, (open) => stay({ ...open, prompt: { kind: "write", what: "reason", subject: only(shown), text: "", cursor: 0 } }));
}

/** Asks for the route that is granted in place of the one asked for. */
export function askEdit(state: DashboardState, shown: Shown): Step {
  return withPending(openOn(state, shown), shown, (open) => {
    const ask = proposalOf(open, shown)?.ask;
    if (ask?.kind !== "egress" && ask?.kind !== "pipelock") return stay({ ...open, notice: { tone: "plain", text: "Only a route can be granted otherwise than it was asked for." } });
    const text = formatRouteText(ask.route);
    return stay({ ...open, prompt: { kind: "write", what: "route", subject: only(shown), text, cursor: text.length } });
  });
}

function openOn(state: DashboardState, shown: Shown): DashboardState {
  const { view } = state;
  const isOpen = view.kind === "details" && view.subject.pane === "proposals" && view.subject.id === shown.id && view.subject.identity === shown.identity;
  return isOpen ? state : { ...state, view: { kind: "details", subject: subjectOf(shown), scroll: 0 } };
}

function withPending(state: DashboardState, shown: Shown, next: (state: DashboardState) => Step): Step {
  const proposal = proposalOf(state, shown);
  if (proposal?.state === "pending" && proposal.hash === shown.hash) return next(state);
  return stay({ ...state, notice: { tone: "bad", text: proposal === undefined ? `${shown.id} is gone.` : `${shown.id} is ${proposal.state}${proposal.decision ? ` by ${proposal.decision.by}` : ""}.` } });
}

function only({ identity, id, hash }: Shown): Shown {
  return { identity, id, hash };
}

function subjectOf({ identity, id, hash }: Shown): Subject {
  return { pane: "proposals", identity, id, hash };
}

function stay(state: DashboardState): Step {
  return { state, orders: [] };
}
