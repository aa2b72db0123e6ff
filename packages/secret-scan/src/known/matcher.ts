import { folded, isKept, kept } from "../bytes.ts";
import type { ExactNeedle, Needle } from "./needles.ts";

/** Where a search goes on: the end of what was looked at before, without its noise, which is the first `length` of the bytes. */
export interface Carry {
  bytes: Uint8Array;
  length: number;
}

/** Finds needles in bytes in one pass, whatever their number. */
export interface Matcher {
  /** Calls `found` for what ends between `from` and `to`. With a carry it may have begun in what the carry has seen, and the carry goes on. */
  find(bytes: Uint8Array, from: number, to: number, found: (needle: Needle) => void, carry?: Carry): void;
  findExact(bytes: Buffer, found: (needle: ExactNeedle) => void): void;
  /** How many bytes at the end may still become a needle: those from its beginning on, of four characters or more, with the noise in them. 0 if none. */
  beginning(bytes: Uint8Array): number;
  /** Length in bytes of the longest needle. */
  readonly longest: number;
}

const blockBytes = 64 << 10;
// Spreads the bits of a product over its upper half (Knuth, TAOCP 3, §6.4).
const multiplier = 0x9e3779b1;
/** Places for each three characters that are told apart, so that few others fall on theirs; 4 KiB to 256 KiB. */
const spread = 16;
const leastBits = 12;
const mostBits = 18;
const noCarry = new Uint8Array(0);
const carryStep = 64;
/** Fewer characters of a value tell nothing of it, and many texts end in them. */
const shortestBeginning = 4;

export function createCarry(): Carry {
  return { bytes: noCarry, length: 0 };
}

/**
 * A needle is told by its last four characters, so that all that has to be compared has been seen. Where three characters are that
 * no needle has near its end, none ends before they are past: that far is skipped (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994).
 */
export function createMatcher(needles: readonly Needle[], exact: readonly ExactNeedle[]): Matcher {
  const longest = needles.reduce((most, needle) => Math.max(most, needle.bytes.length), 0);
  // One more: what is noise is written, and written over.
  const seen = new Uint8Array(longest + blockBytes + 1);
  const byEnd = Map.groupBy(needles, (needle) => lastFour(needle.bytes));
  const { skips, skipBy } = toSkips(needles);
  const byStart = Map.groupBy(needles, (needle) => firstFour(needle.bytes, 0));
  // The end of a text without its noise, and where each of its characters is in the text.
  const end = new Uint8Array(Math.max(0, longest - 1));
  const places = new Uint32Array(end.length);
  return {
    longest,
    find(bytes, from, to, found, carry) {
      if (needles.length === 0 || from >= to) return;
      let length = 0;
      if (carry !== undefined) {
        // One that was filled by another matcher may be longer.
        length = Math.min(carry.length, longest);
        copy(carry.bytes, carry.length - length, seen, length);
      }
      const search = (start: number): void => {
        const table = skips;
        const shift = skipBy;
        const codes = kept;
        const text = seen;
        for (let at = Math.max(start, 3); at < length;) {
          const three = (codes[text[at - 2] ?? 0] ?? 0) << 16 | (codes[text[at - 1] ?? 0] ?? 0) << 8 | (codes[text[at] ?? 0] ?? 0);
          const skip = table[Math.imul(three, multiplier) >>> shift] ?? 0;
          if (skip === 0) {
            compare(byEnd.get((codes[text[at - 3] ?? 0] ?? 0) << 24 | three), text, at + 1, found);
            at += 1;
          } else at += skip;
        }
      };
      for (let block = from; block < to; block += blockBytes) {
        const start = length;
        length = strip(bytes, block, Math.min(to, block + blockBytes), seen, length);
        search(start);
        if (length > longest) {
          seen.copyWithin(0, length - longest, length);
          length = longest;
        }
      }
      if (carry === undefined) return;
      if (carry.bytes.length < length) carry.bytes = new Uint8Array(Math.ceil(length / carryStep) * carryStep);
      copy(seen, 0, carry.bytes, length);
      carry.length = length;
    },
    findExact(bytes, found) {
      for (const needle of exact) if (bytes.includes(needle.bytes)) found(needle);
    },
    beginning(bytes) {
      let from = end.length;
      for (let at = bytes.length - 1; at >= 0 && from > 0; at -= 1) {
        const byte = bytes[at] ?? 0;
        if (kept[byte] === 0) continue;
        from -= 1;
        end[from] = byte;
        places[from] = at;
      }
      let most = exact.reduce((length, needle) => Math.max(length, exactBeginning(needle.bytes, bytes)), 0);
      for (; from + shortestBeginning <= end.length; from += 1) {
        if (!(byStart.get(firstFour(end, from)) ?? []).some((needle) => isBegun(needle, end, from))) continue;
        most = Math.max(most, bytes.length - (places[from] ?? 0));
        break;
      }
      return most;
    },
  };
}

// For each three characters, how many later a needle may end at the soonest.
function toSkips(needles: readonly Needle[]): { readonly skips: Uint8Array; readonly skipBy: number } {
  const window = Math.min(255, needles.reduce((least, { bytes }) => Math.min(least, bytes.length), Infinity));
  const skipBy = 32 - Math.min(mostBits, Math.max(leastBits, Math.ceil(Math.log2(needles.length * window * spread + 1))));
  const skips = new Uint8Array(2 ** (32 - skipBy)).fill(window - 2);
  for (const { bytes } of needles) {
    const codes = bytes.map((byte) => kept[byte] ?? 0);
    for (let skip = window - 3; skip >= 0; skip -= 1) {
      const at = codes.length - 1 - skip;
      const three = (codes[at - 2] ?? 0) << 16 | (codes[at - 1] ?? 0) << 8 | (codes[at] ?? 0);
      const place = Math.imul(three, multiplier) >>> skipBy;
      skips[place] = Math.min(skips[place] ?? 0, skip);
    }
  }
  return { skips, skipBy };
}

// A few bytes, for which a view would cost more.
function copy(from: Uint8Array, start: number, to: Uint8Array, length: number): void {
  for (let at = 0; at < length; at += 1) to[at] = from[start + at] ?? 0;
}

function isBegun({ bytes, isFolded }: Needle, text: Uint8Array, from: number): boolean {
  if (text.length - from >= bytes.length) return false;
  for (let at = from; at < text.length; at += 1) if (!isSame(text[at] ?? 0, bytes[at - from] ?? 0, isFolded)) return false;
  return true;
}

function exactBeginning(needle: Buffer, bytes: Uint8Array): number {
  for (let length = Math.min(needle.length - 1, bytes.length); length >= shortestBeginning; length -= 1) {
    if (needle.subarray(0, length).equals(bytes.subarray(bytes.length - length))) return length;
  }
  return 0;
}

// What is no noise, put behind what is there; gives where that ends then.
function strip(bytes: Uint8Array, from: number, to: number, into: Uint8Array, start: number): number {
  const counts = isKept;
  let length = start;
  let at = from;
  // Four at a time.
  for (const last = to - 3; at < last; at += 4) {
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    const third = bytes[at + 2] ?? 0;
    const fourth = bytes[at + 3] ?? 0;
    into[length] = first;
    length += counts[first] ?? 0;
    into[length] = second;
    length += counts[second] ?? 0;
    into[length] = third;
    length += counts[third] ?? 0;
    into[length] = fourth;
    length += counts[fourth] ?? 0;
  }
  for (; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    into[length] = byte;
    length += counts[byte] ?? 0;
  }
  return length;
}

// The last four characters without case, as one number.
function lastFour(bytes: Uint8Array): number {
  return bytes.subarray(-4).reduce((sum, byte) => sum << 8 | (kept[byte] ?? 0), 0);
}

function firstFour(bytes: Uint8Array, from: number): number {
  return lastFour(bytes.subarray(from, from + 4));
}

function compare(needles: readonly Needle[] | undefined, seen: Uint8Array, length: number, found: (needle: Needle) => void): void {
  for (const needle of needles ?? []) {
    const start = length - needle.bytes.length;
    if (start >= 0 && isAt(needle, seen, start)) found(needle);
  }
}

// From the end, where the hash was right already.
function isAt(needle: Needle, seen: Uint8Array, start: number): boolean {
  const { bytes, isFolded } = needle;
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    if (!isSame(seen[start + at] ?? 0, bytes[at] ?? 0, isFolded)) return false;
  }
  return true;
}

function isSame(byte: number, other: number, isFolded: boolean): boolean {
  return byte === other || (isFolded && folded[byte] === folded[other]);
}
