import type { Run } from "../decode/runs.ts";

/** Stretches that a look from the beginning to the end is to pass over. */
export interface Passed {
  add(run: Run): void;
  /** The place, or the end of the stretches that it is in. Asked for places that only grow. */
  after(at: number): number;
}

export function createPassed(): Passed {
  // Those that do not begin yet, by where they begin; most come in that order.
  const later: Run[] = [];
  let begun = 0;
  let end = 0;
  return {
    add(run) {
      let index = later.length;
      while (index > begun && (later[index - 1]?.[0] ?? 0) > run[0]) index -= 1;
      later.splice(index, 0, run);
    },
    after(at) {
      for (let next = later[begun]; next !== undefined && next[0] <= Math.max(at, end); next = later[begun]) {
        end = Math.max(end, next[1]);
        begun += 1;
      }
      return Math.max(at, end);
    },
  };
}
