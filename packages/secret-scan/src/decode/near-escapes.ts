import { asBuffer } from "../bytes.ts";
import { isReference } from "./entities.ts";
import { isPair } from "./percent.ts";
import type { Run } from "./runs.ts";

interface Mark {
  readonly byte: number;
  isEscape(bytes: Buffer, at: number): boolean;
}

// What begins an escape: of a URL, of most languages, of HTML.
const marks: readonly Mark[] = [{ byte: 0x25, isEscape: (bytes, at) => isPair(bytes, at + 1) }, { byte: 0x5c, isEscape: () => true }, { byte: 0x26, isEscape: isReference }];
/** So far nobody looks for the next one. */
const stride = 128;
const lineEnd = Buffer.from("\n");

/**
 * The parts of a text in which an escape may be, with `around` bytes on either side, and on to the next blank, each in lines of its own. What is
 * further from any is what it was with all escapes undone.
 */
export function nearEscapes(bytes: Uint8Array, around: number): Uint8Array {
  const buffer = asBuffer(bytes);
  const parts = toParts(buffer, around);
  const covered = parts.reduce((sum, [from, to]) => sum + to - from, 0);
  if (covered * 8 > bytes.length * 7) return bytes;
  return Buffer.concat(parts.flatMap(([from, to]) => [buffer.subarray(from, to), lineEnd]));
}

function toParts(buffer: Buffer, around: number): readonly Run[] {
  const parts: Run[] = [];
  const next = marks.map((mark) => nextEscape(buffer, mark, 0));
  let from = 0;
  let to = 0;
  for (let place = Math.min(...next); place < buffer.length; place = Math.min(...next)) {
    if (to === 0 || place - around > to) {
      if (to > 0) parts.push([from, to]);
      from = startOfWord(buffer, Math.max(0, place - around));
      to = from;
    }
    const past = place + stride;
    if (past + around > to) to = endOfWord(buffer, Math.min(buffer.length, past + around));
    for (let index = 0; index < next.length; index += 1) {
      const mark = marks[index];
      if (mark !== undefined && (next[index] ?? 0) < past) next[index] = nextEscape(buffer, mark, past);
    }
  }
  if (to > 0) parts.push([from, to]);
  return parts;
}

// Behind the end if there is none.
function nextEscape(buffer: Buffer, { byte, isEscape }: Mark, from: number): number {
  let at = buffer.indexOf(byte, from);
  while (at !== -1 && !isEscape(buffer, at)) at = buffer.indexOf(byte, at + 1);
  return at === -1 ? buffer.length : at;
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
