import type { Place } from "../model.ts";

/** Turns offsets of a text into lines and columns. */
export interface TextIndex {
  /** The place of an offset in UTF-16 units; columns count characters (code points). */
  placeOf(offset: number): Place;
}

/** Indexes the lines of a text once. */
export function indexText(text: string): TextIndex {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return {
    placeOf: (offset) => {
      const line = lastAtMost(starts, offset);
      const start = starts[line] ?? 0;
      return { line: line + 1, column: Array.from(text.slice(start, offset)).length + 1 };
    },
  };
}

function lastAtMost(sorted: readonly number[], wanted: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((sorted[middle] ?? 0) <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}
