import { folded, kept } from "../bytes.ts";
import { lowered } from "../loops/index.ts";
import type { ExactNeedle, Needle } from "./needles.ts";
import { begin, createStripped, keepIn, stripOn, type Carry } from "./stripped.ts";

export { createCarry, type Carry } from "./stripped.ts";

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

// Spreads the bits of a product over its upper half (Knuth, TAOCP 3, §6.4).
const multiplier = 0x9e3779b1;
/** Places for each three characters that are told apart, so that few others fall on theirs; 4 KiB to 256 KiB. */
const spread = 16;
const leastBits = 12;
const mostBits = 18;
/** Characters by which a needle's end is told. */
const mostKey = 6;
/** Fewer characters of a value tell nothing of it, and many texts end in them. */
const shortestBeginning = 4;

/**
 * The text is stripped of its noise. A needle is told by its last characters, so that all that has to be compared has been seen. Where three characters are that
 * no needle has near its end, none ends before they are past: that far is skipped (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994).
 */
export function createMatcher(needles: readonly Needle[], exact: readonly ExactNeedle[]): Matcher {
  const longest = needles.reduce((most, needle) => Math.max(most, needle.bytes.length), 0);
  const stripped = createStripped(longest);
  // Six, unless a needle has fewer.
  const keyLength = needles.reduce((least, { bytes }) => Math.min(least, bytes.length), mostKey);
  const keyBefore = (bytes: Uint8Array, end: number): number => {
    let key = 0;
    for (let at = end - keyLength; at < end; at += 1) key = key * 256 + (kept[bytes[at] ?? 0] ?? 0);
    return key;
  };
  const byEnd = Map.groupBy(needles, ({ bytes }) => keyBefore(bytes, bytes.length));
  const { skips, skipBy, mostSkip } = toSkips(needles);
  const view = new DataView(stripped.bytes.buffer);
  const byStart = Map.groupBy(needles, (needle) => firstFour(needle.bytes, 0));
  // The end of a text without its noise, and where each of its characters is in the text.
  const end = new Uint8Array(Math.max(0, longest - 1));
  const places = new Uint32Array(end.length);
  const compareAt = (length: number, found: (needle: Needle) => void): void => {
    const { bytes } = stripped;
    if (length < keyLength) return;
    for (const needle of byEnd.get(keyBefore(bytes, length)) ?? []) if (needle.bytes.length <= length && isAt(needle, bytes, length - needle.bytes.length)) found(needle);
  };
  const search = (start: number, found: (needle: Needle) => void): void => {
    const table = skips;
    const shift = skipBy;
    const texts = view;
    const most = Math.max(1, mostSkip);
    const { length } = stripped;
    for (let at = Math.max(start, 3); at < length;) {
      const skip = table[slotOf(texts.getInt32(at - 3, true) >>> 8, shift)] ?? 0;
      // Told, not added, so that a processor may go on before it knows.
      if (skip === most) {
        at += most;
        continue;
      }
      if (skip === 0) compareAt(at + 1, found);
      at += Math.max(1, skip);
    }
  };
  return {
    longest,
    find(bytes, from, to, found, carry) {
      if (needles.length === 0 || from >= to) return;
      begin(stripped, carry);
      stripOn(stripped, bytes, [from, to], (start) => search(start, found));
      if (carry !== undefined) keepIn(carry, stripped);
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
function toSkips(needles: readonly Needle[]): { readonly skips: Uint8Array; readonly skipBy: number; readonly mostSkip: number } {
  const window = Math.min(255, needles.reduce((least, { bytes }) => Math.min(least, bytes.length), Infinity));
  const skipBy = 32 - Math.min(mostBits, Math.max(leastBits, Math.ceil(Math.log2(needles.length * window * spread + 1))));
  const skips = new Uint8Array(2 ** (32 - skipBy)).fill(window - 2);
  for (const { bytes } of needles) {
    for (let skip = window - 3; skip >= 0; skip -= 1) {
      const at = bytes.length - 1 - skip;
      const slot = slotOf((bytes[at - 2] ?? 0) | (bytes[at - 1] ?? 0) << 8 | (bytes[at] ?? 0) << 16, skipBy);
      skips[slot] = Math.min(skips[slot] ?? 0, skip);
    }
  }
  return { skips, skipBy, mostSkip: window - 2 };
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

// The four characters before a place without case, or as many as there are, as one number.
function lastFour(bytes: Uint8Array, end: number): number {
  let four = 0;
  for (let at = Math.max(0, end - 4); at < end; at += 1) four = four << 8 | (kept[bytes[at] ?? 0] ?? 0);
  return four;
}

// Of three characters, the first the lowest, whatever their case.
function slotOf(three: number, by: number): number {
  return Math.imul(three | lowered, multiplier) >>> by;
}

function firstFour(bytes: Uint8Array, from: number): number {
  return lastFour(bytes, from + 4);
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
