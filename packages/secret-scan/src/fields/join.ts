import { decodeEscapes } from "../decode/escapes.ts";

/** Stretches of a JSON text, put one behind the other. */
export interface Join {
  /** Adds what a string's characters stand for; of a long one, its two ends. */
  add(from: number, to: number): void;
  /** Adds the numbers from a place to the next string. @returns where that begins, or the text's length */
  addNumbers(from: number): number;
  take(): Buffer;
  /** The same, as far as it is so many bytes long. */
  copy(length: number): Join;
  readonly length: number;
}

const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;
const longestNumber = 401;
/** What is looked at and copied byte by byte, and not at once. */
const nearby = 64;
const nothing = Buffer.alloc(0);

// Digits, and what else is in a number after its first (RFC 8259 §6).
const isDigit = Uint8Array.from({ length: 256 }, (_, byte) => byte >= 0x30 && byte <= 0x39 ? 1 : 0);
const isInNumber = Uint8Array.from({ length: 256 }, (_, byte) => isDigit[byte] === 1 || (byte < 0x80 && ".eE+-".includes(String.fromCharCode(byte))) ? 1 : 0);

/**
 * @param endBytes how much of each end of a long string counts
 * @param start what is there already, of the same text
 */
export function createJoin(text: Buffer, endBytes: number, start: Buffer = nothing): Join {
  let out = nothing;
  let length = 0;
  const append = (bytes: Uint8Array, from: number, to: number): void => {
    // Nothing that is added is longer than where it stood.
    if (out.length === 0 && to > from) out = Buffer.allocUnsafe(text.length);
    if (to - from > nearby) out.set(bytes.subarray(from, to), length);
    else for (let at = from; at < to; at += 1) out[length + at - from] = bytes[at] ?? 0;
    length += to - from;
  };
  append(start, 0, start.length);
  const addLong = (from: number, to: number): void => {
    const content = text.subarray(from, to);
    const both = content.length <= 2 * endBytes ? content : Buffer.concat([content.subarray(0, endBytes), content.subarray(content.length - endBytes)]);
    const decoded = decodeEscapes(both) ?? both;
    append(decoded, 0, decoded.length);
  };
  return {
    add(from, to) {
      if (to - from > 2 * endBytes || hasEscape(text, from, to)) addLong(from, to);
      else append(text, from, to);
    },
    addNumbers(from) {
      let at = from;
      let done = from;
      while (at < text.length && text[at] !== quote) {
        if (isDigit[text[at] ?? 0] === 0) {
          at += 1;
          continue;
        }
        const end = endOfNumber(text, at);
        append(text, at > done && text[at - 1] === minus ? at - 1 : at, end);
        at = end;
        done = end;
      }
      return at;
    },
    take: () => out.subarray(0, length),
    copy: (bytes) => createJoin(text, endBytes, out.subarray(0, bytes)),
    get length() {
      return length;
    },
  };
}

function endOfNumber(text: Buffer, from: number): number {
  const last = Math.min(text.length, from + longestNumber);
  let end = from + 1;
  while (end < last && isInNumber[text[end] ?? 0] === 1) end += 1;
  return end;
}

function hasEscape(text: Buffer, from: number, to: number): boolean {
  if (to - from > nearby) return text.subarray(from, to).includes(backslash);
  for (let at = from; at < to; at += 1) if (text[at] === backslash) return true;
  return false;
}
