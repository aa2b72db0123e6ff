import { asBuffer } from "../bytes.ts";
import { createSearch } from "../loops/search.ts";
import { isReference } from "./entities.ts";
import { isPair } from "./percent.ts";
import type { Run } from "./runs.ts";

const percent = 0x25;
const backslash = 0x5c;
const ampersand = 0x26;
/** So far nobody looks for the next one. */
const stride = 128;
const lineEnd = 0x0a;

/**
 * The parts of a text in which an escape may be, with `around` bytes on either side, and on to the next blank, each in lines of its own. What is
 * further from any is what it was with all escapes undone.
 */
export function nearEscapes(bytes: Uint8Array, around: number): Uint8Array {
  const buffer = asBuffer(bytes);
  const parts = toParts(buffer, around);
  let covered = 0;
  for (const [from, to] of parts) covered += to - from;
  if (covered * 8 > bytes.length * 7) return bytes;
  const near = Buffer.allocUnsafe(covered + parts.length);
  let length = 0;
  for (const [from, to] of parts) {
    length += buffer.copy(near, length, from, to);
    near[length] = lineEnd;
    length += 1;
  }
  return near;
}

function toParts(buffer: Buffer, around: number): readonly Run[] {
  const parts: Run[] = [];
  // The part that is not over; the word at its end is added once it is.
  let from = -1;
  let to = 0;
  const next = createSearch(buffer, "escape");
  for (let place = next(0); place !== -1;) {
    if (!isEscape(buffer, place)) {
      place = next(place + 1);
      continue;
    }
    if (from !== -1 && place - around > to) {
      to = endOfWord(buffer, to);
      if (place - around > to) {
        parts.push([from, to]);
        from = -1;
      }
    }
    if (from === -1) from = startOfWord(buffer, Math.max(0, place - around));
    to = Math.max(to, Math.min(buffer.length, place + stride + around));
    place = next(place + stride);
  }
  if (from !== -1) parts.push([from, endOfWord(buffer, to)]);
  return parts;
}

function isEscape(buffer: Buffer, at: number): boolean {
  const byte = buffer[at];
  return byte === backslash || (byte === percent && isPair(buffer, at + 1)) || (byte === ampersand && isReference(buffer, at));
}

function startOfWord(buffer: Buffer, place: number): number {
  let at = place;
  while (at > 0 && !isBlank(buffer[at - 1])) at -= 1;
  return at;
}

function endOfWord(buffer: Buffer, place: number): number {
  let at = place;
  while (at < buffer.length && !isBlank(buffer[at])) at += 1;
  return at;
}

function isBlank(byte = 0): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
