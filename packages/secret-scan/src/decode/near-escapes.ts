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
  const parts: [number, number][] = [];
  const next = marks.map((mark) => nextEscape(buffer, mark, 0));
  for (let place = Math.min(...next); place < buffer.length; place = Math.min(...next)) {
    const [from, to] = [Math.max(0, place - around), Math.min(buffer.length, place + stride + around)];
    const last = parts.at(-1);
    if (last === undefined || from > last[1]) parts.push([startOfWord(buffer, from), endOfWord(buffer, to)]);
    else if (to > last[1]) last[1] = endOfWord(buffer, to);
    for (const [index, mark] of marks.entries()) if ((next[index] ?? 0) < place + stride) next[index] = nextEscape(buffer, mark, place + stride);
  }
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
