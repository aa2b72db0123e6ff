import { detailLines, detailRows, lastScroll, type DetailLine } from "../details.ts";
import { helpText } from "../help-text.ts";
import { bottleList, panes, pendingList } from "../lists.ts";
import { hasRoom, smallest, type DashboardState, type Prompt, type Subject, type View } from "../model.ts";
import { heading, lineOf, type Line, type Piece } from "./line.ts";
import { needsOf, paneLines } from "./panes.ts";
import { shareRows } from "./share-rows.ts";
import { fieldLine } from "./write-field.ts";

// The header above; what is asked or was done, and the keys, below.
const frameRows = 3;

/** The screen: exactly as many lines as the terminal has, each exactly as wide. Pure. */
export function layout(state: DashboardState): readonly Line[] {
  const { columns, rows } = state.size;
  if (!hasRoom(state.size)) return tooSmall(columns, rows);
  return [header(state), ...body(state, rows - frameRows), ...footer(state)];
}

function tooSmall(columns: number, rows: number): readonly Line[] {
  const texts = [`This terminal is ${columns}×${rows};`, `bottle dashboard needs ${smallest.columns}×${smallest.rows}.`, "Make it larger, or q to leave."];
  return Array.from({ length: Math.max(0, rows) }, (_, index) => lineOf(columns, [texts[index] ?? ""]));
}

function header(state: DashboardState): Line {
  const running = bottleList(state).filter(({ status }) => status === "running").length;
  const asks = pendingList(state).length;
  const time = `${new Date(state.now).toISOString().slice(11, 19)} UTC `;
  const left = ` bottle dashboard  ${running} running of ${state.bottles?.length ?? 0}  `;
  const asked = asks === 0 ? "" : `${asks} asked: 2 shows ${asks === 1 ? "it" : "them"}`;
  const gap = Math.max(1, state.size.columns - left.length - asked.length - time.length);
  return lineOf(state.size.columns, [[left, "bold"], [asked, "warn"], " ".repeat(gap), [time, "dim"]]);
}

function body(state: DashboardState, rows: number): readonly Line[] {
  const { view } = state;
  if (view.kind === "panes") {
    const shares = shareRows(rows, needsOf(state), state.focus);
    return panes.flatMap((pane) => paneLines(state, pane, shares[pane]));
  }
  const lines = view.kind === "help" ? helpText.map((text): DetailLine => ({ text })) : detailLines(state, view.subject);
  const height = detailRows(state);
  const scroll = Math.min(view.scroll, Math.max(0, lines.length - height));
  const below = lines.length - scroll - height;
  const title = `${titleOf(view)}${scroll > 0 || below > 0 ? `, lines ${scroll + 1}–${Math.min(lines.length, scroll + height)} of ${lines.length}` : ""}`;
  const { columns } = state.size;
  const shown = Array.from({ length: height }, (_, index): DetailLine => lines[scroll + index] ?? { text: "" });
  return [heading(columns, title, true), ...shown.map(({ text, tone = "plain" }) => lineOf(columns, [[text, tone]]))];
}

function titleOf(view: Exclude<View, { kind: "panes" }>): string {
  if (view.kind === "help") return "Keys";
  const titles: Readonly<Record<Subject["pane"], string>> = { bottles: "Bottle", proposals: "Asked", decisions: "Decision", routes: "In force" };
  return titles[view.subject.pane];
}

function footer(state: DashboardState): readonly Line[] {
  const { columns } = state.size;
  const { prompt, notice } = state;
  if (prompt) return promptLines(columns, prompt);
  return [lineOf(columns, notice ? [[notice.text, notice.tone]] : []), lineOf(columns, [[keysFor(state), "dim"]])];
}

function promptLines(columns: number, prompt: Prompt): readonly Line[] {
  if (prompt.kind === "choose") {
    const choices = prompt.choices.flatMap(({ key, label }): Piece[] => [[` ${key} `, "chosen"], ` ${label}  `]);
    return [lineOf(columns, [[prompt.question, "warn"]]), lineOf(columns, [...choices, [" n ", "chosen"], " no"])];
  }
  const label: Piece = prompt.problem === undefined
    ? [prompt.what === "reason" ? "Why not? The agent reads this. Enter rejects, Esc goes back." : "METHODS HOST[:PORTS] [PATHS]. Enter goes on, Esc goes back.", "warn"]
    : [prompt.problem, "bad"];
  return [lineOf(columns, [label]), fieldLine(columns, prompt)];
}

function keysFor(state: DashboardState): string {
  const { view } = state;
  if (view.kind === "help") return "Esc back";
  if (view.kind === "panes") return "? help  Tab pane  Enter details  a/r/e decide  f freeze  s stop  q quit";
  const scrolls = lastScroll(state, view.subject) > 0 ? "PgDn more  " : "";
  const acts: Readonly<Record<Subject["pane"], string>> = { bottles: "f freeze  s stop", proposals: "a approve  r reject  e edit", decisions: "f freeze  s stop", routes: "x take back" };
  return `${scrolls}${acts[view.subject.pane]}  Esc back`;
}
