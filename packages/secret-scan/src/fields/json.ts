import { asBuffer } from "../bytes.ts";
import { createJoin, type Join } from "./join.ts";

/** The names, the values and the strings among those of a JSON text, each joined in order: a secret may be cut in pieces over any. */
export interface JsonFields {
  /** Takes the text's next bytes. Any bytes do: what is no JSON gives what looks like its strings and numbers. */
  push(bytes: Uint8Array): { readonly names: Buffer; readonly values: Buffer; readonly strings: Buffer };
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
/** A string that is not over after so many bytes is a value. */
const longestName = 4096;
/** How far a string's end is looked for byte by byte, before it is searched for. */
const nearby = 64;
const nothing = Buffer.alloc(0);

/**
 * @param endBytes how much of the beginning and of the end of a long string counts: what lies between has been looked at already
 */
export function createJsonFields(endBytes: number): JsonFields {
  let rest: Buffer = nothing;
  let isWithinValue = false;
  // What may be a name or a value counts as a value until it is known.
  let isRestAdded = false;
  return {
    push(bytes) {
      const text = rest.length === 0 ? asBuffer(bytes) : Buffer.concat([rest, bytes]);
      const isAdded = isRestAdded;
      isRestAdded = false;
      const names = createJoin(text, endBytes);
      const values = createJoin(text, endBytes);
      // The same as the values before there is a number.
      let strings: Join | undefined;
      const add = (from: number, to: number): void => {
        values.add(from, to);
        strings?.add(from, to);
      };
      let at = 0;
      if (isWithinValue) {
        const end = endOfString(text, 0);
        add(0, end === -1 ? text.length : end);
        isWithinValue = end === -1;
        at = end === -1 ? text.length : end + 1;
      }
      // An escape is not to be parted from what it escapes.
      rest = isWithinValue && isEscaped(text, text.length) ? Buffer.from("\\") : nothing;
      while (at < text.length) {
        const before = values.length;
        const start = values.addNumbers(at);
        if (values.length > before) strings ??= values.copy(before);
        if (start === text.length) break;
        const end = endOfString(text, start + 1);
        const next = end === -1 ? -1 : nextVisible(text, end + 1);
        if (next === -1) {
          if (text.length - start <= longestName) {
            rest = Buffer.from(text.subarray(start));
            isRestAdded = end !== -1;
          } else if (end === -1) {
            isWithinValue = true;
            if (isEscaped(text, text.length)) rest = Buffer.from("\\");
          }
          if ((text.length - start > longestName || end !== -1) && !(isAdded && start === 0)) add(start + 1, end === -1 ? text.length : end);
          break;
        }
        if (text[next] === colon) names.add(start + 1, end);
        else if (!isAdded || start > 0) add(start + 1, end);
        at = next;
      }
      const joined = values.take();
      return { names: names.take(), values: joined, strings: strings?.take() ?? joined };
    },
  };
}

function endOfString(text: Buffer, from: number): number {
  // Most are short.
  const near = Math.min(text.length, from + nearby);
  let at = from;
  for (; at < near; at += 1) {
    const byte = text[at];
    if (byte === quote) return at;
    if (byte === backslash) at += 1;
  }
  for (at = text.indexOf(quote, at); at !== -1; at = text.indexOf(quote, at + 1)) {
    if (!isEscaped(text, at, from)) return at;
  }
  return -1;
}

function isEscaped(text: Buffer, at: number, from = 0): boolean {
  let escapes = 0;
  while (at - escapes > from && text[at - escapes - 1] === backslash) escapes += 1;
  return escapes % 2 === 1;
}

function nextVisible(text: Buffer, from: number): number {
  for (let at = from; at < text.length; at += 1) if ((text[at] ?? 0) > 0x20) return at;
  return -1;
}
