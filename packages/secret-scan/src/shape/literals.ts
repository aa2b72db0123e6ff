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

// Spreads the bits of a product over its upper half (Knuth, TAOCP 3, §6.4).
const multiplier = 0x9e3779b1;

/** A finder for these lower-case texts of at least three bytes each, compared without case. A text is told by its first three. */
export function createLiteralFinder(texts: readonly string[]): LiteralFinder {
  const literals: readonly Literal[] = texts.map((text, index) => ({ index, bytes: Buffer.from(text, "utf8") }));
  const byStart = Map.groupBy(literals, ({ bytes }) => bytes.readUIntBE(0, shortestLiteral));
  const mayStart = new Uint8Array(1 << 13);
  for (const start of byStart.keys()) mayStart[Math.imul(start, multiplier) >>> 19] = 1;
  return {
    find(bytes, from, to, found) {
      const codes = folded;
      const filter = mayStart;
      let last = 0;
      for (let at = from; at < to; at += 1) {
        last = (last << 8 | (codes[bytes[at] ?? 0] ?? 0)) & 0xffffff;
        if (filter[Math.imul(last, multiplier) >>> 19] === 0) continue;
        const start = at - shortestLiteral + 1;
        for (const literal of byStart.get(last) ?? []) if (isAt(literal.bytes, bytes, start, to)) found(literal.index, start);
      }
    },
  };
}

function isAt(literal: Buffer, bytes: Uint8Array, start: number, to: number): boolean {
  if (start < 0 || start + literal.length > to) return false;
  for (let at = literal.length - 1; at >= 0; at -= 1) if (folded[bytes[start + at] ?? 0] !== literal[at]) return false;
  return true;
}
