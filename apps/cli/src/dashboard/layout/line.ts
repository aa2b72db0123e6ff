import { cut, fit, nearly, plain, widthOf } from "../../output/columns.ts";

/** What a text means; the view gives it a colour or a weight. */
export type Tone = "plain" | "dim" | "bold" | "good" | "bad" | "warn" | "chosen";

/** A piece of a line. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** One line of the screen. */
export type Line = readonly Span[];

/** A text, plain or with a tone. */
export type Piece = string | readonly [text: string, tone: Tone];

/**
 * A line exactly this wide. Everything on the screen passes here: no character in it can move the cursor or hide, whoever wrote
 * it, and none stands beyond the edge.
 */
export function lineOf(columns: number, pieces: readonly Piece[]): Line {
  const spans: Span[] = [];
  let left = columns;
  for (const piece of pieces) {
    const [text, tone] = typeof piece === "string" ? [piece, "plain" as const] : piece;
    const short = cut(plain(nearly(text, left)), left);
    if (short === "") continue;
    spans.push({ text: short, tone });
    left -= widthOf(short);
  }
  return left > 0 ? [...spans, { text: " ".repeat(left), tone: "plain" }] : spans;
}

/** A text of a column: cut or filled up. */
export function cell(text: string, columns: number, tone: Tone = "plain"): Piece {
  return [`${fit(plain(nearly(text, columns)), columns)} `, tone];
}

/** The line as it is chosen: all of it, so that it can be seen without colours too. */
export function chosenLine(line: Line): Line {
  return line.map(({ text }) => ({ text, tone: "chosen" }));
}

/** A heading that goes from edge to edge: `── Bottles (3) ───`. */
export function heading(columns: number, title: string, hasFocus: boolean): Line {
  const text = `── ${title} `;
  return lineOf(columns, [[`${text}${"─".repeat(Math.max(0, columns - text.length))}`, hasFocus ? "bold" : "dim"]]);
}

/** What a line says, without its tones. */
export function textOf(line: Line): string {
  return line.map(({ text }) => text).join("");
}
