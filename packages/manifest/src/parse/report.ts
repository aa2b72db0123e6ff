import type { Problem } from "../model.ts";
import type { Fault } from "../rules/fault.ts";
import type { Located } from "../yaml/tree.ts";
import type { TextIndex } from "../text/position.ts";

const mostProblems = 100;

/** Collects the problems of one file. */
export interface Report {
  /** Notes a fault at an offset, or where a value starts. The first fault of a value is kept, later ones of the same value are not. */
  add(at: number | Located, fault: Fault): void;
  /** Notes that a value was judged: its fault is at one of its parts. */
  mark(node: Located): void;
  /** Whether a value has a fault already; what is below it is then not worth judging. */
  has(node: Located): boolean;
  /** Whether a fault was noted at an offset. */
  hasAt(offset: number): boolean;
  /** Whether no more are taken. */
  isFull(): boolean;
  /** In the order of the file. */
  problems(): readonly Problem[];
}

/** An empty report on a file. */
export function createReport(file: string, index: TextIndex): Report {
  const found: { readonly offset: number; readonly fault: Fault }[] = [];
  const judged = new Set<Located>();
  return {
    add: (at, fault) => {
      if (typeof at !== "number") {
        if (judged.has(at)) return;
        judged.add(at);
      }
      if (found.length < mostProblems) found.push({ offset: typeof at === "number" ? at : at.offset, fault });
    },
    mark: (node) => void judged.add(node),
    has: (node) => judged.has(node),
    hasAt: (wanted) => found.some(({ offset }) => offset === wanted),
    isFull: () => found.length >= mostProblems,
    problems: () => found.sort((a, b) => a.offset - b.offset).map(({ offset, fault: { code, message, mend } }) => ({
      code, file, ...index.placeOf(offset), message, ...(mend !== undefined && { mend }),
    })),
  };
}
