/** Finds texts as they are, to the byte, in one pass whatever their number. */
export interface ExactFinder {
  /** Calls `found` for each place where one is, those that overlap too. */
  find(bytes: Uint8Array, found: (from: number, to: number) => void): void;
  /** Length in bytes of the longest, 0 if there is none. */
  readonly longest: number;
}

/** Bytes that are looked at together. */
const blockBytes = 3;
const mostWindow = 255;
// Spreads the bits of a product over its upper half (Knuth, TAOCP 3, §6.4).
const multiplier = 0x9e3779b1;
/** Places for each three bytes that are told apart, so that few others fall on theirs. */
const spread = 16;
const leastBits = 10;
const mostBits = 16;

/**
 * Where three bytes are that are in no text's beginning, of the shortest one's length, none begins before they are past: that far is skipped
 * (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994). Texts of fewer than three bytes are searched for one after the other;
 * empty ones not at all.
 */
export function createExactFinder(texts: readonly Buffer[]): ExactFinder {
  const short = texts.filter(({ length }) => length > 0 && length < blockBytes);
  const long = texts.filter(({ length }) => length >= blockBytes);
  const window = long.reduce((least, { length }) => Math.min(least, length), mostWindow);
  const hashBy = 32 - Math.min(mostBits, Math.max(leastBits, Math.ceil(Math.log2(long.length * window * spread + 1))));
  const skips = new Uint8Array(2 ** (32 - hashBy)).fill(window - blockBytes + 1);
  for (const text of long) {
    for (let end = blockBytes; end <= window; end += 1) {
      const place = Math.imul(threeBefore(text, end), multiplier) >>> hashBy;
      skips[place] = Math.min(skips[place] ?? 0, window - end);
    }
  }
  const byWindow = Map.groupBy(long, (text) => threeBefore(text, window));
  const findLong = (bytes: Uint8Array, found: (from: number, to: number) => void): void => {
    const table = skips;
    const shift = hashBy;
    const { length } = bytes;
    for (let end = window; end <= length;) {
      const three = (bytes[end - 3] ?? 0) << 16 | (bytes[end - 2] ?? 0) << 8 | (bytes[end - 1] ?? 0);
      const skip = table[Math.imul(three, multiplier) >>> shift] ?? 0;
      if (skip !== 0) {
        end += skip;
        continue;
      }
      const from = end - window;
      for (const text of byWindow.get(three) ?? []) if (isAt(text, bytes, from)) found(from, from + text.length);
      end += 1;
    }
  };
  return {
    longest: texts.reduce((most, { length }) => Math.max(most, length), 0),
    find(bytes, found) {
      if (long.length > 0) findLong(bytes, found);
      for (const text of short) {
        const first = text[0] ?? 0;
        for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) if (isAt(text, bytes, at)) found(at, at + text.length);
      }
    },
  };
}

function threeBefore(bytes: Uint8Array, end: number): number {
  return (bytes[end - 3] ?? 0) << 16 | (bytes[end - 2] ?? 0) << 8 | (bytes[end - 1] ?? 0);
}

function isAt(text: Buffer, bytes: Uint8Array, from: number): boolean {
  if (from + text.length > bytes.length) return false;
  for (let at = 0; at < text.length; at += 1) if (bytes[from + at] !== text[at]) return false;
  return true;
}
