import { folded } from "../bytes.ts";
import { blockBytes, type Filter, loops, lowered, markBytes, slotBits, slotOf } from "../loops/index.ts";
import { bip39Words } from "../packs/bip39-words.ts";

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

// Spreads the bits of a product over its upper half (Knuth, TAOCP 3, §6.4).
const multiplier = 0x85ebca6b;
/** Places for each key, so that few others fall on theirs. */
const spread = 4;
// Letters as frequent as they are in English, then what is in most texts of programs; all else is rare.
const frequent = "etaoinsrhldcumfpgwybvkxjqz0123456789 ";
const weights = Array.from({ length: 256 }, (_, byte) => frequent.includes(String.fromCharCode(byte)) ? (frequent.length + 1 - frequent.indexOf(String.fromCharCode(byte))) ** 3 : 1);

const leastInWords = 0.1;
// How often three letters are in these words, and more often than never.
const inWords = new Map<string, number>();
const words = bip39Words.join(" ");
for (let at = 0; at + 3 <= words.length; at += 1) inWords.set(words.slice(at, at + 3), (inWords.get(words.slice(at, at + 3)) ?? leastInWords) + 1);

/**
 * A finder for these lower-case texts of at least three bytes each, compared without case. Three bytes are looked up at every other place: of the even places in
 * a text the one with the rarest is such a one, or of the odd ones. A text of three bytes has no two places, and is told by two of its bytes beside any other.
 */
export function createLiteralFinder(texts: readonly string[]): LiteralFinder {
  const literals = toShortest(texts.map((text, index) => ({ index, bytes: Buffer.from(text, "utf8"), longer: [] })));
  const { filter, keys, keyBy, firsts, marks, text } = toTables(literals);
  const lastKey = keys.length - 1;
  // In arrays of numbers, which lie closer together than objects would.
  const tell = (three: number, bytes: Uint8Array, at: number, found: Found): void => {
    let key = Math.imul(three, multiplier) >>> keyBy;
    for (; keys[key] !== three; key = (key + 1) & lastKey) if (keys[key] === noKey) return;
    const end = firsts[key + 1] ?? 0;
    for (let mark = firsts[key] ?? 0; mark < end; mark += markNumbers) {
      const start = at - (marks[mark + 1] ?? 0);
      const length = marks[mark + 2] ?? 0;
      const from = marks[mark + 3] ?? 0;
      if (start < 0 || start + length > bytes.length) continue;
      let left = length - 1;
      while (left >= 0 && folded[bytes[start + left] ?? 0] === text[from + left]) left -= 1;
      if (left === -1) tellLiteral(literals[marks[mark] ?? 0], bytes, start, found);
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
  /** Each such three at the place that `multiplier` tells or the next ones, else `noKey`. */
  readonly keys: Int32Array;
  readonly keyBy: number;
  /** Where each key's marks begin in `marks`: a literal, where in it its three bytes begin, from -1 on, its length, and where it begins in `text`. */
  readonly firsts: Uint32Array;
  readonly marks: Int32Array;
  readonly text: Buffer;
}

const markNumbers = 4;
const noKey = 0;

function toTables(literals: readonly Literal[]): Tables {
  const places = toSums(literals.map(({ bytes }) => bytes.length));
  const byThree = new Map<number, number[][]>();
  for (const [index, { bytes }] of literals.entries()) {
    for (const from of marksOf(bytes)) {
      const mark = [index, from, bytes.length, places[index] ?? 0];
      for (const three of new Set(threesOf(bytes, from))) byThree.set(three, [...byThree.get(three) ?? [], mark]);
    }
  }
  const filter = new Uint8Array(1 << slotBits);
  for (const three of byThree.keys()) filter[slotOf(three)] = markBytes;
  const keyBits = Math.ceil(Math.log2(byThree.size * spread + 1));
  const keys = new Int32Array(1 << keyBits).fill(noKey);
  for (const three of byThree.keys()) {
    let key = Math.imul(three, multiplier) >>> (32 - keyBits);
    while (keys[key] !== noKey) key = (key + 1) % keys.length;
    keys[key] = three;
  }
  const marks = [...keys].map((three) => byThree.get(three) ?? []);
  return {
    filter, keys, keyBy: 32 - keyBits, firsts: toSums(marks.map(({ length }) => length * markNumbers)), marks: Int32Array.from(marks.flat(2)),
    text: Buffer.concat(literals.map(({ bytes }) => bytes)),
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
  const rarest = [0, 1];
  for (let at = 2; at + shortestLiteral <= literal.length; at += 1) if (weightOfThree(literal, at) < weightOfThree(literal, rarest[at % 2] ?? 0)) rarest[at % 2] = at;
  return rarest;
}

function weightOfThree(literal: Buffer, at: number): number {
  return weight(literal, at, shortestLiteral) * (inWords.get(literal.toString("latin1", at, at + shortestLiteral)) ?? leastInWords);
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
