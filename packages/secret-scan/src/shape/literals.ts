import { folded } from "../bytes.ts";

/** Finds, in one pass, where any of many texts begin. */
export interface LiteralFinder {
  /** Calls `found` with the index of each text that is in the bytes, and where; nearly in order. */
  find(bytes: Uint8Array, found: (index: number, at: number) => void): void;
}

/** A text, and the three bytes of it by which it is told. */
interface Literal {
  readonly index: number;
  readonly bytes: Buffer;
  readonly mark: number;
}

/** The shortest text that can be looked for. */
export const shortestLiteral = 3;

// What two bytes may be of such three, a bit for each bucket: the first two, the second one the first; the first one the third, the last two.
const begins = 0;
const isFirst = 8;
const isThird = 16;
const ends = 24;
// Spreads the bits of a product over its upper half (Knuth, TAOCP 3, §6.4).
const multiplier = 0x9e3779b1;
const codeBits = 6;
const mostCodes = 63;
const markBits = 15;
const markBy = 32 - markBits;
// Letters as frequent as they are in English, then what is in most texts of programs; all else is rare.
const frequent = Buffer.from("etaoinsrhldcumfpgwybvkxjqz0123456789 ");

/**
 * A finder for these lower-case texts of at least three bytes each, compared without case. A text is told by its three rarest bytes in a row. Two bytes
 * at a time are looked up, and only if they and the two before may hold such three in one bucket, the three are.
 */
export function createLiteralFinder(texts: readonly string[]): LiteralFinder {
  const literals = texts.map(toLiteral);
  const byMark = Map.groupBy(literals, ({ bytes, mark }) => threeAt(bytes, mark));
  const codes = toCodes([...byMark.keys()]);
  const pairs = new Int32Array(1 << 2 * codeBits);
  const marks = new Uint8Array(1 << markBits);
  for (const three of byMark.keys()) {
    marks[Math.imul(three, multiplier) >>> markBy] = 1;
    addPairs(pairs, codes, three);
  }
  const tell = (bytes: Uint8Array, at: number, found: (index: number, at: number) => void): void => {
    const three = threeAt(bytes, at);
    if (marks[Math.imul(three, multiplier) >>> markBy] === 0) return;
    for (const { index, bytes: literal, mark } of byMark.get(three) ?? []) if (isAt(literal, bytes, at - mark)) found(index, at - mark);
  };
  return {
    find(bytes, found) {
      const table = pairs;
      const coded = codes;
      const { length } = bytes;
      let before = 0;
      let at = 0;
      for (; at + 1 < length; at += 2) {
        const now = table[(coded[bytes[at] ?? 0] ?? 0) << codeBits | (coded[bytes[at + 1] ?? 0] ?? 0)] ?? 0;
        if ((before & now >>> isThird & 0xffff) !== 0) {
          tell(bytes, at - 2, found);
          tell(bytes, at - 1, found);
        }
        before = now;
      }
      if (at < length && at >= 2) tell(bytes, at - 2, found);
    },
  };
}

function toLiteral(text: string, index: number): Literal {
  const bytes = Buffer.from(text, "utf8");
  let mark = 0;
  for (let at = 1; at + shortestLiteral <= bytes.length; at += 1) if (weight(bytes, at) < weight(bytes, mark)) mark = at;
  return { index, bytes, mark };
}

// The likelier three bytes are in any text, the more they weigh.
function weight(bytes: Buffer, at: number): number {
  return bytes.subarray(at, at + shortestLiteral).reduce((product, byte) => product * (frequent.includes(byte) ? frequent.length + 1 - frequent.indexOf(byte) : 1), 1);
}

function threeAt(bytes: Uint8Array, at: number): number {
  return (folded[bytes[at] ?? 0] ?? 0) << 16 | (folded[bytes[at + 1] ?? 0] ?? 0) << 8 | (folded[bytes[at + 2] ?? 0] ?? 0);
}

// A number for each byte that is in any of these three, both cases alike, and 0 for all others; the last is for all that are too many.
function toCodes(threes: readonly number[]): Uint8Array {
  const used = [...new Set(threes.flatMap((three) => [three >> 16, three >> 8 & 0xff, three & 0xff]))];
  return Uint8Array.from({ length: 256 }, (_, byte) => Math.min(used.indexOf(folded[byte] ?? 0) + 1, mostCodes));
}

function addPairs(pairs: Int32Array, codes: Uint8Array, three: number): void {
  const [first = 0, second = 0, third = 0] = [three >> 16, three >> 8 & 0xff, three & 0xff].map((byte) => codes[byte]);
  const bit = 1 << bucketOf(three & 0xff);
  const add = (one: number, other: number, part: number): void => {
    pairs[one << codeBits | other] = (pairs[one << codeBits | other] ?? 0) | bit << part;
  };
  add(first, second, begins);
  add(second, third, ends);
  for (let any = 0; any <= mostCodes; any += 1) {
    add(any, first, isFirst);
    add(third, any, isThird);
  }
}

// Those that end alike are together, so that few others look like them.
function bucketOf(third: number): number {
  const isLetter = third >= 0x61 && third <= 0x7a;
  return isLetter ? 4 + (third & 3) : third === 0x5f ? 0 : third === 0x2d ? 1 : third < 0x30 ? 2 : 3;
}

function isAt(literal: Buffer, bytes: Uint8Array, start: number): boolean {
  if (start < 0 || start + literal.length > bytes.length) return false;
  for (let at = literal.length - 1; at >= 0; at -= 1) if (folded[bytes[start + at] ?? 0] !== literal[at]) return false;
  return true;
}
