import { folded } from "../bytes.ts";

/** Finds, in one pass, where any of many texts begin. */
export interface LiteralFinder {
  /** Calls `found` with the index of each text that is in the bytes, and where. */
  find(bytes: Uint8Array, from: number, to: number, found: (index: number, at: number) => void): void;
}

interface Literal {
  readonly index: number;
  readonly bytes: Buffer;
}

/** The shortest text that can be looked for. */
export const shortestLiteral = 3;

/**
 * A finder for these lower-case texts of at least three bytes each, compared without case. A text is told by its first three; two bytes that are in
 * no text's first three are passed at once, and so is the next (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994).
 */
export function createLiteralFinder(texts: readonly string[]): LiteralFinder {
  const literals: readonly Literal[] = texts.map((text, index) => ({ index, bytes: Buffer.from(text, "utf8") }));
  const byStart = Map.groupBy(literals, ({ bytes }) => bytes.readUIntBE(0, shortestLiteral));
  const skips = new Uint8Array(1 << 16).fill(2);
  for (const { bytes } of literals) for (const [first, skip] of [[0, 1], [1, 0]] as const) setSkip(skips, bytes[first] ?? 0, bytes[first + 1] ?? 0, skip);
  return {
    find(bytes, from, to, found) {
      const codes = folded;
      const table = skips;
      for (let at = from + shortestLiteral - 1; at < to;) {
        const skip = table[(bytes[at - 1] ?? 0) << 8 | (bytes[at] ?? 0)] ?? 0;
        if (skip !== 0) {
          at += skip;
          continue;
        }
        const start = at - shortestLiteral + 1;
        const begun = byStart.get((codes[bytes[start] ?? 0] ?? 0) << 16 | (codes[bytes[at - 1] ?? 0] ?? 0) << 8 | (codes[bytes[at] ?? 0] ?? 0));
        if (begun !== undefined) for (const literal of begun) if (isAt(literal.bytes, bytes, start, to)) found(literal.index, start);
        at += 1;
      }
    },
  };
}

// Of both cases.
function setSkip(skips: Uint8Array, first: number, second: number, skip: number): void {
  for (const one of casesOf(first)) {
    for (const other of casesOf(second)) {
      const place = one << 8 | other;
      skips[place] = Math.min(skips[place] ?? 0, skip);
    }
  }
}

function casesOf(byte: number): readonly number[] {
  return byte >= 0x61 && byte <= 0x7a ? [byte, byte - 0x20] : [byte];
}

function isAt(literal: Buffer, bytes: Uint8Array, start: number, to: number): boolean {
  if (start < 0 || start + literal.length > to) return false;
  for (let at = literal.length - 1; at >= 0; at -= 1) if (folded[bytes[start + at] ?? 0] !== literal[at]) return false;
  return true;
}
