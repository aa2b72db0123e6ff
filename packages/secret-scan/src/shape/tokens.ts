import { folded, isWord } from "../bytes.ts";
import type { Run } from "../decode/runs.ts";

/** Finds where words begin with any of some texts. */
export interface TokenFinder {
  /** The index of each text with which a word begins in one of the runs, or near before it, and where; in order. Undefined if there are more than `most`. */
  find(bytes: Uint8Array, runs: readonly Run[], most: number): readonly Token[] | undefined;
}

export interface Token {
  readonly index: number;
  readonly at: number;
}

interface Start {
  readonly index: number;
  readonly literal: Buffer;
}

/** How far before a run a token may begin that goes on in it. */
const before = 8;

/** A finder for these lower-case texts of at least two letters or digits each, compared without case. */
export function createTokenFinder(texts: readonly string[]): TokenFinder {
  const byStart = Map.groupBy(texts.map((text, index): Start => ({ index, literal: Buffer.from(text) })), ({ literal }) => (literal[0] ?? 0) << 8 | (literal[1] ?? 0));
  const starts = new Uint8Array(1 << 16);
  for (const start of byStart.keys()) starts[start] = 1;
  return {
    find(bytes, runs, most) {
      const found: Token[] = [];
      const isStart = starts;
      const part = isWord;
      const lower = folded;
      let past = 0;
      for (const [from, to] of runs) {
        const first = Math.max(past, from - before);
        let two = lower[bytes[first] ?? 0] ?? 0;
        for (let at = first; at + 1 < to; at += 1) {
          two = (two << 8 | (lower[bytes[at + 1] ?? 0] ?? 0)) & 0xffff;
          if (isStart[two] === 0 || (at > 0 && part[bytes[at - 1] ?? 0] === 1)) continue;
          if (found.length > most) return undefined;
          for (const { index, literal } of byStart.get(two) ?? []) if (isAt(literal, bytes, at)) found.push({ index, at });
        }
        past = to;
      }
      return found.length > most ? undefined : found;
    },
  };
}

function isAt(literal: Buffer, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < literal.length; at += 1) if (folded[bytes[start + at] ?? 0] !== literal[at]) return false;
  return true;
}
