import { folded, kept } from "../bytes.ts";
import type { ExactNeedle, Needle } from "./needles.ts";
import { begin, blockBytes, catchUp, createStripped, keepIn, stripOn, type Carry } from "./stripped.ts";

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
/** Where noise is next to so many of a block's places, one in so many, the block's characters without noise are searched; and those of the next blocks. */
const noisiest = 10;
const noisyBlocks = 16;
/** In so many bytes are three characters, most often. */
const nearby = 6;
/** Characters by which a needle's end is told. */
const mostKey = 6;
/** Nobody looks for them further. */
const farthest = 32;
/** For each byte by how many bits what came before is shifted, times 256, and what it adds. */
const toStep = Uint16Array.from(kept, (code) => code === 0 ? 0 : 8 << 8 | code);
/** Fewer characters of a value tell nothing of it, and many texts end in them. */
const shortestBeginning = 4;

/**
 * A needle is told by its last characters, so that all that has to be compared has been seen. Where three characters are that
 * no needle has near its end, none ends before they are past: that far is skipped (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994).
 * So many bytes may be skipped as well, be there noise among them or not; only near what may be a needle's end is the text stripped of it.
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
  const byStart = Map.groupBy(needles, (needle) => firstFour(needle.bytes, 0));
  // The end of a text without its noise, and where each of its characters is in the text.
  const end = new Uint8Array(Math.max(0, longest - 1));
  const places = new Uint32Array(end.length);
  const compareAt = (length: number, found: (needle: Needle) => void): void => {
    const { bytes } = stripped;
    if (length < keyLength) return;
    for (const needle of byEnd.get(keyBefore(bytes, length)) ?? []) if (needle.bytes.length <= length && isAt(needle, bytes, length - needle.bytes.length)) found(needle);
  };
  // Whether a needle's last characters end there, as far as that is told by what is near.
  const mayEnd = (bytes: Uint8Array, at: number, from: number): boolean => {
    let key = 0;
    let left = keyLength;
    const first = Math.max(from, at - farthest);
    for (let place = at, weight = 1; place >= first && left > 0; place -= 1) {
      const code = kept[bytes[place] ?? 0] ?? 0;
      if (code === 0) continue;
      key += code * weight;
      weight *= 256;
      left -= 1;
    }
    return left > 0 || byEnd.has(key);
  };
  const searchStripped = (start: number, found: (needle: Needle) => void): void => {
    const table = skips;
    const shift = skipBy;
    const { bytes, length } = stripped;
    for (let at = Math.max(start, 3); at < length;) {
      const skip = table[Math.imul(threeBefore(bytes, at + 1), multiplier) >>> shift] ?? 0;
      if (skip === 0) compareAt(at + 1, found);
      at += Math.max(1, skip);
    }
  };
  return {
    longest,
    find(bytes, from, to, found, carry) {
      if (needles.length === 0 || from >= to) return;
      const table = skips;
      const shift = skipBy;
      const codes = kept;
      const most = Math.max(1, mostSkip);
      begin(stripped, from, carry);
      // None that is as short as any ends sooner.
      let at = from + Math.max(0, mostSkip + 1 - stripped.length);
      // The last characters up to `looked`: three or four, or as many as there are.
      let last = lastFour(stripped.bytes, stripped.length);
      let looked = from - 1;
      let noisy = 0;
      for (let block = from; block < to; block += blockBytes) {
        const past = Math.min(to, block + blockBytes);
        if (noisy > 0) {
          noisy -= 1;
          catchUp(stripped, bytes, block);
          searchStripped(stripOn(stripped, bytes, past), found);
          last = lastFour(stripped.bytes, stripped.length);
          looked = past - 1;
          at = past;
          continue;
        }
        let slow = 0;
        while (at < past) {
          let four = at < from + nearby - 1 ? 0 : charactersNear(bytes, at);
          if ((four & 0xff0000) === 0) {
            slow += 1;
            four = at - looked > nearby ? goBack(four, bytes, at - nearby, looked, last) : goOn(last, bytes, looked + 1, at);
          }
          const isNew = codes[bytes[at] ?? 0] !== 0 || looked !== at - 1;
          last = four;
          looked = at;
          const skip = table[Math.imul(four & 0xffffff, multiplier) >>> shift] ?? 0;
          // Told, not added, so that a processor may go on before it knows.
          if (skip === most) {
            at += most;
            continue;
          }
          at += Math.max(1, skip);
          if (skip !== 0 || !isNew || !mayEnd(bytes, looked, from)) continue;
          catchUp(stripped, bytes, at);
          compareAt(stripped.length, found);
        }
        if (slow * noisiest > past - block) noisy = noisyBlocks;
      }
      if (carry === undefined) return;
      catchUp(stripped, bytes, to);
      keepIn(carry, stripped);
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

// The last four characters of the six bytes that end there, or as many as there are; a loop over so few would cost more.
function charactersNear(bytes: Uint8Array, at: number): number {
  const steps = toStep;
  let step = steps[bytes[at - 5] ?? 0] ?? 0;
  let four = step & 0xff;
  step = steps[bytes[at - 4] ?? 0] ?? 0;
  four = four << (step >>> 8) | step & 0xff;
  step = steps[bytes[at - 3] ?? 0] ?? 0;
  four = four << (step >>> 8) | step & 0xff;
  step = steps[bytes[at - 2] ?? 0] ?? 0;
  four = four << (step >>> 8) | step & 0xff;
  step = steps[bytes[at - 1] ?? 0] ?? 0;
  four = four << (step >>> 8) | step & 0xff;
  step = steps[bytes[at] ?? 0] ?? 0;
  return four << (step >>> 8) | step & 0xff;
}

// Three characters: those few, what is found before them down to a place, and the last ones up to there.
function goBack(few: number, bytes: Uint8Array, from: number, down: number, last: number): number {
  let four = few;
  let shift = few === 0 ? 0 : few < 256 ? 8 : 16;
  for (let at = from; at > down; at -= 1) {
    const code = kept[bytes[at] ?? 0] ?? 0;
    if (code === 0) continue;
    four |= code << shift;
    if (shift === 16) return four;
    shift += 8;
  }
  return four | last << shift;
}

// The last characters of such and of some bytes behind them.
function goOn(last: number, bytes: Uint8Array, from: number, to: number): number {
  let four = last;
  for (let at = from; at <= to; at += 1) {
    const step = toStep[bytes[at] ?? 0] ?? 0;
    four = four << (step >>> 8) | step & 0xff;
  }
  return four;
}

// For each three characters, how many later a needle may end at the soonest.
function toSkips(needles: readonly Needle[]): { readonly skips: Uint8Array; readonly skipBy: number; readonly mostSkip: number } {
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

function threeBefore(bytes: Uint8Array, end: number): number {
  return (kept[bytes[end - 3] ?? 0] ?? 0) << 16 | (kept[bytes[end - 2] ?? 0] ?? 0) << 8 | (kept[bytes[end - 1] ?? 0] ?? 0);
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
