import { asBuffer, isBase64, isHexOrBetween, kept } from "../bytes.ts";
import { decodeBase32 } from "../decode/base32.ts";
import { decodeBase64 } from "../decode/base64.ts";
import { decodeHex } from "../decode/hex.ts";
import { respell } from "../decode/respell.ts";
import type { Sieve } from "../sieve.ts";

const encodings = [[isBase64, decodeBase64], [isBase64, decodeBase32], [isHexOrBetween, decodeHex]] as const;
const shortestRun = 16;
const mostDepth = 2;
/** No escape is longer, be it one of an escape of an escape. */
const longestEscape = 32;
const unfinishedEscape = /(?:%(?:25){0,8}[0-9a-f]?|\\{1,8}(?:[ux]\{?[0-9a-f]{0,6})?|&#?[0-9a-z]{0,8})$/i;
const all = (): boolean => true;
/** More characters of a value at a text's end are no accident. */
const longestAccident = 5;
const mostTelling = 8;

/** How many bytes at the end of what has come are held, of the `most` that may be. */
export type HeldEnd = (bytes: Buffer, most: number) => number;

/**
 * Holds what may still become a known value. Whoever sees what was released learns that the rest begins one: that is told eight
 * times, else a program could guess a value of which it only has the placeholder, character by character. From then on all that may be is held.
 */
export function createHeldEnd(sieve: Sieve): HeldEnd {
  let told = 0;
  return (bytes, most) => {
    if (told >= mostTelling) return Math.min(bytes.length, most);
    const end = bytes.subarray(Math.max(0, bytes.length - most));
    const held = unfinished(sieve, end);
    if (held > longestAccident && end.subarray(end.length - held).filter((byte) => kept[byte] !== 0).length > longestAccident) told += 1;
    return held;
  };
}

// As they are, with escapes undone, or in what the encoded run there decodes to. What ends in no value's beginning of four characters gives 0.
function unfinished(sieve: Sieve, bytes: Uint8Array, depth = 0): number {
  const most = Math.max(sieve.beginning(bytes), unfinishedRespelt(sieve, asBuffer(bytes)));
  return depth === mostDepth ? most : Math.max(most, unfinishedRun(sieve, bytes, depth));
}

// An escape at the very end may be over or not.
function unfinishedRespelt(sieve: Sieve, bytes: Buffer): number {
  const cut = unfinishedEscape.exec(bytes.toString("latin1", Math.max(0, bytes.length - longestEscape)))?.[0].length ?? 0;
  const most = unfinishedEscapes(sieve, bytes);
  const shorter = cut === 0 ? 0 : unfinishedEscapes(sieve, bytes.subarray(0, bytes.length - cut));
  return Math.max(most, shorter === 0 ? 0 : shorter + cut);
}

// The shortest end, by doubling, in which the same beginning is, and what its first escape may have lost.
function unfinishedEscapes(sieve: Sieve, bytes: Buffer): number {
  const begun = (length: number): number => respell(bytes.subarray(bytes.length - length)).reduce((most, { text }) => Math.max(most, sieve.beginning(text)), 0);
  const whole = begun(bytes.length);
  if (whole === 0) return 0;
  let length = whole;
  while (length < bytes.length && begun(length) < whole) length = Math.min(bytes.length, length * 2);
  return Math.min(bytes.length, length + longestEscape);
}

function unfinishedRun(sieve: Sieve, bytes: Uint8Array, depth: number): number {
  let most = 0;
  for (const [member, decode] of encodings) {
    let from = bytes.length;
    while (from > 0 && member[bytes[from - 1] ?? 0] === 1) from -= 1;
    if (bytes.length - from < shortestRun) continue;
    if (decode(bytes.subarray(from), all).some((text) => unfinished(sieve, text, depth + 1) > 0)) most = Math.max(most, bytes.length - from);
  }
  return most;
}
