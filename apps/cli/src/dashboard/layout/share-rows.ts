import type { Pane } from "../model.ts";

/** The lines of each pane under its heading; all headings and these fill `rows`. */
export type RowShares = Readonly<Record<Pane, number>>;

// Who is served first once everyone has a line: what waits for the operator, then what can be many.
const order: readonly Pane[] = ["proposals", "bottles", "routes", "decisions"];
const fair = 5;

/**
 * Shares the screen among the panes: a line for each, then up to five for each as it needs them, then what the focused one
 * needs, then the others; what nobody needs is the decisions'.
 * @param rows of all panes with their headings
 * @param needs how many lines each has to show
 */
export function shareRows(rows: number, needs: Readonly<Record<Pane, number>>, focus: Pane): RowShares {
  const shares: Record<Pane, number> = { bottles: 0, proposals: 0, decisions: 0, routes: 0 };
  let left = Math.max(0, rows - order.length);
  const give = (pane: Pane, upTo: number): void => {
    const more = Math.min(left, Math.max(0, upTo - shares[pane]));
    shares[pane] += more;
    left -= more;
  };
  for (const pane of order) give(pane, 1);
  for (let most = 2; most <= fair; most += 1) for (const pane of order) give(pane, Math.min(most, needs[pane]));
  for (const pane of [focus, ...order]) give(pane, needs[pane]);
  give("decisions", Number.POSITIVE_INFINITY);
  return shares;
}
