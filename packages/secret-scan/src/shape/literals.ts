import { folded } from "../bytes.ts";
import { blockBytes, type Filter, loops, lowered, markBytes, slotBits, slotOf } from "../loops/index.ts";

/** Finds, in one pass, where any of many texts begin. */
export interface LiteralFinder {
  /** Calls `found` with the index of each text that is in the bytes, and where; nearly in order. */
  find(bytes: Uint8Array, found: (index: number, at: number) => void): void;
}

type Found = (index: number, at: number) => void;

/** The shortest text that can be looked for. */
export const shortestLiteral = 3;

/** A text, and those that have it within them: they are compared only where it is. */
interface Literal {
  readonly index: number;
  readonly bytes: Buffer;
  readonly longer: { readonly literal: Literal; readonly from: number }[];
}

// Spreads the bits of a product over its upper half (Knuth, TAOCP 3, §6.4), so that what falls together in the filter hardly does here.
const multiplier = 0x85ebca6b;
const bucketBy = 32 - slotBits;
const mostBuckets = 255;
// Letters as frequent as they are in English, then what is in most texts of programs; all else is rare.
const frequent = "etaoinsrhldcumfpgwybvkxjqz0123456789 ";
const weights = Array.from({ length: 256 }, (_, byte) => frequent.includes(String.fromCharCode(byte)) ? (frequent.length + 1 - frequent.indexOf(String.fromCharCode(byte))) ** 3 : 1);

/**
 * A finder for these lower-case texts of at least three bytes each, compared without case. Three bytes are looked up at every other place: one of two
 * neighbouring places in a text, the rarest in it, is such a one. A text of three bytes has no two, and is told by two of its bytes beside any other.
 */
export function createLiteralFinder(texts: readonly string[]): LiteralFinder {
  const literals = toShortest(texts.map((text, index) => ({ index, bytes: Buffer.from(text, "utf8"), longer: [] })));
  const { filter, slots, firsts, marks, places, text } = toTables(literals);
  // In arrays of numbers, which lie closer together than objects would.
  const tell = (three: number, bytes: Uint8Array, at: number, found: Found): void => {
    const bucket = slots[Math.imul(three, multiplier) >>> bucketBy] ?? 0;
    const end = firsts[bucket + 1] ?? 0;
    for (let mark = firsts[bucket] ?? 0; mark < end; mark += markNumbers) {
      const index = marks[mark] ?? 0;
      const start = at - (marks[mark + 1] ?? 0);
      const from = places[index] ?? 0;
      const length = (places[index + 1] ?? 0) - from;
      if (start < 0 || start + length > bytes.length) continue;
      let left = length - 1;
      while (left >= 0 && folded[bytes[start + left] ?? 0] === text[from + left]) left -= 1;
      if (left === -1) tellLiteral(literals[index], bytes, start, found);
    }
  };
  return {
    find(bytes, found) {
      const { marks } = loops;
      for (let from = 0; from < bytes.length; from += blockBytes) {
        const count = loops.mark(bytes, from, filter);
        for (let index = 0; index < count; index += 1) {
          const at = marks[index] ?? 0;
          tell(threeOf(bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0), bytes, at, found);
        }
      }
    },
  };
}

// Those that have no other within them; each of the rest is put to one that it has within it.
function toShortest(literals: readonly Literal[]): readonly Literal[] {
  const sorted = literals.toSorted((one, other) => one.bytes.length - other.bytes.length).map((literal) => ({ literal, text: literal.bytes.toString("latin1") }));
  const isShortest = ({ literal, text }: { readonly literal: Literal; readonly text: string }, place: number): boolean => {
    const inner = sorted.findLast((one, before) => before < place && text.includes(one.text));
    inner?.literal.longer.push({ literal, from: text.indexOf(inner.text) });
    return inner === undefined;
  };
  return sorted.filter(isShortest).map(({ literal }) => literal);
}

function tellLiteral(literal: Literal | undefined, bytes: Uint8Array, start: number, found: Found): void {
  if (literal === undefined) return;
  found(literal.index, start);
  for (const { literal: longer, from } of literal.longer) if (isAt(longer.bytes, bytes, start - from)) tellLiteral(longer, bytes, start - from, found);
}

interface Tables {
  /** Three bytes by which a text is told. */
  readonly filter: Filter;
  /** For each slot, by the other multiplier, a bucket; 0 is for none. */
  readonly slots: Uint8Array;
  /** Where each bucket's marks begin in `marks`: a literal, and where in it its three bytes begin, from -1 on. */
  readonly firsts: Uint32Array;
  readonly marks: Int32Array;
  /** Where each literal begins in `text`. */
  readonly places: Uint32Array;
  readonly text: Buffer;
}

const markNumbers = 2;

function toTables(literals: readonly Literal[]): Tables {
  const filter = new Uint8Array(1 << slotBits);
  const slots = new Uint8Array(1 << slotBits);
  const buckets: number[][][] = Array.from({ length: mostBuckets + 1 }, () => []);
  let next = 0;
  const put = (literal: number, from: number, bytes: Buffer): void => {
    next = next % mostBuckets + 1;
    const mark = [literal, from];
    for (const three of threesOf(bytes, from)) {
      const slot = Math.imul(three, multiplier) >>> bucketBy;
      slots[slot] ||= next;
      const bucket = buckets[slots[slot] ?? 0];
      if (bucket?.includes(mark) === false) bucket.push(mark);
      filter[slotOf(three)] = markBytes;
    }
  };
  for (const [index, { bytes }] of literals.entries()) for (const from of marksOf(bytes)) put(index, from, bytes);
  return {
    filter, slots, firsts: toSums(buckets.map(({ length }) => length * markNumbers)), marks: Int32Array.from(buckets.flat(2)),
    places: toSums(literals.map(({ bytes }) => bytes.length)), text: Buffer.concat(literals.map(({ bytes }) => bytes)),
  };
}

// What comes before each, and all together.
function toSums(lengths: readonly number[]): Uint32Array {
  const sums = new Uint32Array(lengths.length + 1);
  for (const [index, length] of lengths.entries()) sums[index + 1] = (sums[index] ?? 0) + length;
  return sums;
}

// At an even place in the text and an odd one.
function marksOf(literal: Buffer): readonly number[] {
  if (literal.length === shortestLiteral) return [0, weight(literal, 0, 2) < weight(literal, 1, 2) ? -1 : 1];
  let rarest = 0;
  for (let at = 1; at + shortestLiteral < literal.length; at += 1) if (pairWeight(literal, at) < pairWeight(literal, rarest)) rarest = at;
  return [rarest, rarest + 1];
}

function pairWeight(literal: Buffer, at: number): number {
  return weight(literal, at, shortestLiteral) + weight(literal, at + 1, shortestLiteral);
}

// The likelier so many bytes are in any text, the more they weigh.
function weight(literal: Buffer, at: number, count: number): number {
  let product = 1;
  for (let place = at; place < at + count; place += 1) product *= weights[literal[place] ?? 0] ?? 1;
  return product;
}

// Beyond the text's ends any byte may be.
function threesOf(bytes: Buffer, from: number): readonly number[] {
  const three = threeOf(bytes[from] ?? 0, bytes[from + 1] ?? 0, bytes[from + 2] ?? 0);
  const open = from < 0 ? 0 : from + 3 > bytes.length ? 16 : -1;
  return open === -1 ? [three] : Array.from({ length: 256 }, (_, byte) => three & ~(0xff << open) | byte << open | lowered);
}

function threeOf(first: number, second: number, third: number): number {
  return first | second << 8 | third << 16 | lowered;
}

function isAt(literal: Buffer, bytes: Uint8Array, start: number): boolean {
  if (start < 0 || start + literal.length > bytes.length) return false;
  for (let at = literal.length - 1; at >= 0; at -= 1) if (folded[bytes[start + at] ?? 0] !== literal[at]) return false;
  return true;
}
