import { asBuffer } from "../bytes.ts";
import { decodeEscapes } from "../decode/escapes.ts";

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

/**
 * @param endBytes how much of the beginning and of the end of a long string counts: what lies between has been looked at already
 */
export function createJsonFields(endBytes: number): JsonFields {
  let rest: Buffer = Buffer.alloc(0);
  let isWithinValue = false;
  return {
    push(bytes) {
      const text = rest.length === 0 ? asBuffer(bytes) : Buffer.concat([rest, bytes]);
      const names: Buffer[] = [];
      const values: Buffer[] = [];
      const strings: Buffer[] = [];
      const add = (content: Buffer): void => {
        values.push(content);
        strings.push(content);
      };
      let at = 0;
      if (isWithinValue) {
        const end = endOfString(text, 0);
        add(ends(text.subarray(0, end === -1 ? text.length : end), endBytes));
        isWithinValue = end === -1;
        at = end === -1 ? text.length : end + 1;
      }
      // An escape is not to be parted from what it escapes.
      rest = isWithinValue && isEscaped(text, text.length) ? Buffer.from("\\") : Buffer.alloc(0);
      while (at < text.length) {
        const start = text.indexOf(quote, at);
        addNumbers(text.subarray(at, start === -1 ? text.length : start), values);
        if (start === -1) break;
        const end = endOfString(text, start + 1);
        const next = end === -1 ? -1 : nextVisible(text, end + 1);
        if (next === -1) {
          if (text.length - start <= longestName) rest = Buffer.from(text.subarray(start));
          else if (end === -1) {
            isWithinValue = true;
            if (isEscaped(text, text.length)) rest = Buffer.from("\\");
          }
          if (text.length - start > longestName || end !== -1) add(ends(text.subarray(start + 1, end === -1 ? text.length : end), endBytes));
          break;
        }
        const content = ends(text.subarray(start + 1, end), endBytes);
        if (text[next] === colon) names.push(content);
        else add(content);
        at = next;
      }
      const joined = Buffer.concat(values);
      return { names: Buffer.concat(names), values: joined, strings: strings.length === values.length ? joined : Buffer.concat(strings) };
    },
  };
}

function endOfString(text: Buffer, from: number): number {
  for (let at = text.indexOf(quote, from); at !== -1; at = text.indexOf(quote, at + 1)) {
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

function ends(content: Buffer, endBytes: number): Buffer {
  const both = content.length <= 2 * endBytes ? content : Buffer.concat([content.subarray(0, endBytes), content.subarray(content.length - endBytes)]);
  return decodeEscapes(both) ?? both;
}

function addNumbers(between: Buffer, values: Buffer[]): void {
  if (between.length < 2 || !hasDigit(between)) return;
  for (const [number] of between.toString("latin1").matchAll(/-?[0-9][0-9.eE+-]{0,400}/g)) values.push(Buffer.from(number, "latin1"));
}

function hasDigit(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x30 && byte <= 0x39) return true;
  }
  return false;
}
