import { folded } from "../bytes.ts";

/** Finds, in one pass, where any of many texts may begin. */
export interface LiteralFinder {
  /** Calls `found` with the index of each text that begins in the bytes, and where. */
  find(bytes: Uint8Array, from: number, to: number, found: (index: number, at: number) => void): void;
}

interface Literal {
  readonly index: number;
  readonly bytes: Buffer;
}

/** The shortest text that can be looked for. */
export const shortestLiteral = 3;

/** A finder for these lower-case texts of at least three bytes each, compared without case. A text is told by a hash of its first three. */
export function createLiteralFinder(texts: readonly string[]): LiteralFinder {
  const buckets: Literal[][] = [[]];
  const bucketOf = new Uint16Array(1 << 15);
  for (const [index, text] of texts.entries()) {
    const bytes = Buffer.from(text, "utf8");
    const hash = bytes.subarray(0, shortestLiteral).reduce((sum, byte) => step(sum, byte), 0);
    const bucket = bucketOf[hash] ?? 0;
    if (bucket === 0) bucketOf[hash] = buckets.push([{ index, bytes }]) - 1;
    else buckets[bucket]?.push({ index, bytes });
  }
  return {
    find(bytes, from, to, found) {
      if (texts.length === 0) return;
      const codes = folded;
      const places = bucketOf;
      let hash = 0;
      for (let at = from; at < to; at += 1) {
        hash = ((hash << 5) ^ (codes[bytes[at] ?? 0] ?? 0)) & 0x7fff;
        const bucket = places[hash] ?? 0;
        if (bucket === 0) continue;
        const start = at - shortestLiteral + 1;
        for (const literal of buckets[bucket] ?? []) if (isAt(literal.bytes, bytes, start, to)) found(literal.index, start);
      }
    },
  };
}

function step(hash: number, byte: number): number {
  return ((hash << 5) ^ byte) & 0x7fff;
}

function isAt(literal: Buffer, bytes: Uint8Array, start: number, to: number): boolean {
  if (start < 0 || start + literal.length > to) return false;
  for (let at = literal.length - 1; at >= 0; at -= 1) if (folded[bytes[start + at] ?? 0] !== literal[at]) return false;
  return true;
}
