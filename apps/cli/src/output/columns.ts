import stringWidth from "string-width";
import { visible } from "./visible.ts";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const isAscii = /^[\u0020-\u007e]*$/;
// Terminals do not agree on how wide these are: what asks for another look of a character, flags, skin colours.
const disputed = /[\ufe00-\ufe0f\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}]/gu;
const heapedMarks = /(\p{M}{2})\p{M}+/gu;
// A column may hold a character of two code units with two marks; an escape takes more columns than it had units.
const unitsPerColumn = 8;

/** A text from elsewhere as one line that every terminal gives the same width: `visible`, and no characters whose width is disputed. */
export function plain(text: string): string {
  if (isAscii.test(text)) return text;
  return visible(text.toWellFormed()).replace(disputed, escaped).replace(heapedMarks, "$1");
}

/** How many columns a line takes on a terminal. */
export function widthOf(line: string): number {
  if (isAscii.test(line)) return line.length;
  let width = 0;
  for (const { segment } of graphemes.segment(line)) width += widthOfOne(segment);
  return width;
}

const mostWidths = 10_000;
const widths = new Map<string, number>();

// The question is a slow one, and a screen asks it thousands of times.
function widthOfOne(character: string): number {
  const known = widths.get(character);
  if (known !== undefined) return known;
  const width = stringWidth(character);
  if (widths.size >= mostWidths) widths.clear();
  widths.set(character, width);
  return width;
}

/** As much of a line as fits; what is missing shows as `…`. */
export function cut(line: string, columns: number): string {
  if (columns <= 0) return "";
  const near = nearly(line, columns);
  if (near.length <= columns && isAscii.test(near)) return near;
  if (isAscii.test(near)) return `${near.slice(0, columns - 1)}…`;
  const first = rowsOf(near, columns - 1, 1)[0] ?? "";
  // Only what comes close is worth the measuring.
  return near.length - first.length <= unitsPerColumn + columns - first.length && widthOf(near) <= columns ? near : `${first}…`;
}

/** A text, not cleaned yet, without what is far beyond the edge: long ones cost no more than short ones. */
export function nearly(text: string, columns: number): string {
  const most = unitsPerColumn * (columns + 1);
  return text.length <= most ? text : `${text.slice(0, most)}…`;
}

/** Exactly this wide: cut, or filled up with spaces. */
export function fit(line: string, columns: number): string {
  const short = cut(line, columns);
  return short + " ".repeat(Math.max(0, columns - widthOf(short)));
}

/** A line as several that fit, broken at spaces where there are any; nothing of it is left out. @param columns at least 2 */
export function wrap(line: string, columns: number): readonly string[] {
  return widthOf(line) <= columns ? [line] : rowsOf(line, columns, Number.POSITIVE_INFINITY);
}

function rowsOf(line: string, columns: number, most: number): readonly string[] {
  const rows: string[] = [];
  let [start, end, used, space] = [0, 0, 0, 0];
  for (const character of charactersOf(line)) {
    const width = widthOfOne(character);
    if (used + width > columns && (end > start || most === 1)) {
      // With one row to fill, a space is no better place than any other.
      const at = most > 1 && space > start + (end - start) / 2 ? space : end;
      rows.push(line.slice(start, at).trimEnd());
      if (rows.length >= most) return rows;
      used = widthOf(line.slice(at, end));
      start = at;
    }
    used += width;
    end += character.length;
    if (character === " ") space = end;
  }
  return start < end ? [...rows, line.slice(start, end)] : rows;
}

// What is written together, but for heaps that have no end, as of Korean letters: those one by one.
function* charactersOf(line: string): Generator<string> {
  for (const { segment } of graphemes.segment(line)) {
    if (widthOfOne(segment) <= 2) yield segment;
    else yield* segment;
  }
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
