import { folded, kept } from "../bytes.ts";
import type { ExactNeedle, Needle } from "./needles.ts";

/** Where a search goes on: the end of what was looked at before, without its noise. */
export interface Carry {
  bytes: Uint8Array;
}

/** Finds needles in bytes in one pass, whatever their number. */
export interface Matcher {
  /** Calls `found` for what ends between `from` and `to`. With a carry it may have begun in what the carry has seen, and the carry goes on. */
  find(bytes: Uint8Array, from: number, to: number, found: (needle: Needle) => void, carry?: Carry): void;
  findExact(bytes: Buffer, found: (needle: ExactNeedle) => void): void;
  /** Length in bytes of the longest needle. */
  readonly longest: number;
}

const blockBytes = 64 << 10;
const noCarry = new Uint8Array(0);

export function createCarry(): Carry {
  return { bytes: noCarry };
}

/** A needle is told by a hash of its last four characters, so that all that has to be compared has been seen. */
export function createMatcher(needles: readonly Needle[], exact: readonly ExactNeedle[]): Matcher {
  const longest = needles.reduce((most, needle) => Math.max(most, needle.bytes.length), 0);
  const seen = new Uint8Array(longest + blockBytes);
  const buckets: Needle[][] = [[]];
  const bucketOf = new Uint16Array(1 << 16);
  for (const needle of needles) addTo(buckets, bucketOf, hashOf(needle.bytes), needle);
  return {
    longest,
    find(bytes, from, to, found, carry) {
      if (needles.length === 0) return;
      let length = carry?.bytes.length ?? 0;
      if (carry !== undefined) seen.set(carry.bytes);
      let hash = length === 0 ? 0 : hashOf(seen.subarray(0, length));
      for (let block = from; block < to; block += blockBytes) {
        const end = Math.min(to, block + blockBytes);
        for (let at = block; at < end; at += 1) {
          const byte = bytes[at] ?? 0;
          const code = kept[byte] ?? 0;
          if (code === 0) continue;
          seen[length] = byte;
          length += 1;
          hash = ((hash << 4) ^ code) & 0xffff;
          const bucket = bucketOf[hash] ?? 0;
          if (bucket !== 0) compare(buckets[bucket] ?? [], seen, length, found);
        }
        if (length > longest) {
          seen.copyWithin(0, length - longest, length);
          length = longest;
        }
      }
      if (carry !== undefined) carry.bytes = seen.slice(0, length);
    },
    findExact(bytes, found) {
      for (const needle of exact) if (bytes.includes(needle.bytes)) found(needle);
    },
  };
}

function addTo(buckets: Needle[][], bucketOf: Uint16Array, hash: number, needle: Needle): void {
  const bucket = bucketOf[hash] ?? 0;
  if (bucket !== 0) {
    buckets[bucket]?.push(needle);
    return;
  }
  bucketOf[hash] = buckets.length;
  buckets.push([needle]);
}

function hashOf(bytes: Uint8Array): number {
  return bytes.subarray(-4).reduce((hash, byte) => ((hash << 4) ^ (kept[byte] ?? 0)) & 0xffff, 0);
}

function compare(needles: readonly Needle[], seen: Uint8Array, length: number, found: (needle: Needle) => void): void {
  for (const needle of needles) {
    const start = length - needle.bytes.length;
    if (start >= 0 && isAt(needle, seen, start)) found(needle);
  }
}

// From the end, where the hash was right already.
function isAt(needle: Needle, seen: Uint8Array, start: number): boolean {
  const { bytes, isFolded } = needle;
  for (let at = bytes.length - 1; at >= 0; at -= 1) {
    const byte = seen[start + at] ?? 0;
    if (byte !== bytes[at] && !(isFolded && folded[byte] === folded[bytes[at] ?? 0])) return false;
  }
  return true;
}
