import { type Bits, createBits } from "./bits.ts";

const literals = 256;
const lengthCodes = 18;
// By the next four bits, how many of them say a length, and which (RFC 7932 §3.5).
const lengthBits = [2, 2, 2, 3, 2, 2, 2, 4, 2, 2, 2, 3, 2, 2, 2, 4];
const lengths = [0, 4, 3, 2, 0, 4, 3, 1, 0, 4, 3, 2, 0, 4, 3, 5];
/** Blocks without data, of 16 MiB each at most, that are gone over: a decoder goes over more of them faster. */
const mostSkipped = 8;

/**
 * Whether bytes may be brotli (RFC 7932 §9), by what comes before its data up to the first prefix code. Of random bytes seven in eight are told to be none,
 * for which a decoder takes ten times as long. What decodes to nothing is none.
 */
export function mayBeBrotli(bytes: Uint8Array): boolean {
  const bits = createBits(bytes);
  if (!hasWindow(bits)) return false;
  for (let blocks = 0; blocks < mostSkipped; blocks += 1) {
    const isLast = bits.take(1) === 1;
    if (isLast && bits.take(1) === 1) return false;
    const nibbles = 4 + bits.take(2);
    if (nibbles < 7) {
      const length = takeLength(bits, { parts: nibbles, partBits: 4, least: 4 });
      if (length === undefined) return false;
      if (isLast || bits.take(1) === 0) return hasFirstCode(bits);
      // Bytes as they are.
      return bits.align() && bits.has(8 * length);
    }
    if (bits.take(1) === 1) return false;
    const skipped = takeLength(bits, { parts: bits.take(2), partBits: 8, least: 1 });
    if (skipped === undefined || !bits.align() || !bits.has(8 * skipped + 1)) return false;
    bits.skip(8 * skipped);
  }
  return true;
}

// One of its codes is for none.
function hasWindow(bits: Bits): boolean {
  return bits.take(1) === 0 || bits.take(3) !== 0 || bits.take(3) !== 1;
}

// The last of more parts than needed is not 0.
function takeLength(bits: Bits, { parts, partBits, least }: { readonly parts: number; readonly partBits: number; readonly least: number }): number | undefined {
  let length = 0;
  for (let part = 0; part < parts; part += 1) {
    const value = bits.take(partBits);
    if (value === 0 && part + 1 === parts && parts > least) return undefined;
    length += value * 2 ** (part * partBits);
  }
  return parts === 0 ? 0 : length + 1;
}

// Of block types, or of the contexts of literals or distances, if there are several, else of literals.
function hasFirstCode(bits: Bits): boolean {
  for (let kind = 0; kind < 3; kind += 1) {
    const types = takeCount(bits);
    if (types > 1) return hasCode(bits, types + 2);
  }
  const postfixAndDirect = 6;
  const mode = 2;
  bits.skip(postfixAndDirect + mode);
  for (let kind = 0; kind < 2; kind += 1) {
    const trees = takeCount(bits);
    if (trees > 1) return hasCode(bits, trees + (bits.take(1) === 1 ? bits.take(4) + 1 : 0));
  }
  return hasCode(bits, literals);
}

function takeCount(bits: Bits): number {
  if (bits.take(1) === 0) return 1;
  const extra = bits.take(3);
  return 1 + (1 << extra) + bits.take(extra);
}

function hasCode(bits: Bits, alphabet: number): boolean {
  const skipped = bits.take(2);
  return skipped === 1 ? hasSimpleCode(bits, alphabet) : hasComplexCode(bits, skipped);
}

// RFC 7932 §3.4: up to four symbols, each another.
function hasSimpleCode(bits: Bits, alphabet: number): boolean {
  const count = bits.take(2) + 1;
  const width = 32 - Math.clz32(alphabet - 1);
  const symbols = Array.from({ length: count }, () => bits.take(width));
  return symbols.every((symbol) => symbol < alphabet) && new Set(symbols).size === count;
}

// RFC 7932 §3.5: the lengths of the code in which a code's lengths are leave no room, or there is one.
function hasComplexCode(bits: Bits, skipped: number): boolean {
  let room = 32;
  let codes = 0;
  for (let index = skipped; index < lengthCodes && room > 0; index += 1) {
    const next = bits.peek(4);
    bits.skip(lengthBits[next] ?? 0);
    const length = lengths[next] ?? 0;
    if (length === 0) continue;
    room -= 32 >> length;
    codes += 1;
  }
  return room === 0 || codes === 1;
}
