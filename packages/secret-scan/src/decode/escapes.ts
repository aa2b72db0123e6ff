import { asBuffer, hexValue } from "../bytes.ts";
import { moveUntil } from "./move.ts";

const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const most = 0x10ffff;

/** What a letter after a backslash stands for; the rest for themselves. */
const plain = Uint8Array.from({ length: 256 }, (_, byte) => ({ b: 8, t: 9, n: 10, f: 12, r: 13 })[String.fromCharCode(byte)] ?? byte);

/**
 * The text with the backslash escapes of JSON (RFC 8259 §7) and of most languages (`\x41`, `\u{41}`, `\'`) undone, however often; undefined if it has none.
 * @param isOwn whether it may be made in place
 */
export function decodeEscapes(bytes: Uint8Array, isOwn: boolean = false): Buffer | undefined {
  let at = bytes.indexOf(backslash);
  if (at === -1) return undefined;
  // Shorter than with its escapes always.
  const out = isOwn ? asBuffer(bytes) : Buffer.from(bytes);
  let length = at;
  const last = bytes.length - 1;
  while (at <= last) {
    const escape = moveUntil(backslash, out, at, length);
    length += escape - at;
    at = escape;
    if (at > last) break;
    if (at === last) {
      out[length] = backslash;
      length += 1;
      break;
    }
    at += 1;
    // Escapes of escapes are undone at once: each text within a text doubles its backslashes.
    while (bytes[at] === backslash && at < last) at += 1;
    const kind = bytes[at] ?? 0;
    if (kind !== 0x75 && kind !== 0x78) {
      out[length] = plain[kind] ?? 0;
      length += 1;
      at += 1;
      continue;
    }
    const { code, end } = readCode(bytes, at);
    if (code === -1) out[length] = plain[bytes[at] ?? 0] ?? 0;
    // Shorter than its escape always.
    length += code === -1 ? 1 : out.write(code <= most ? String.fromCodePoint(code) : "", length);
    at = end;
  }
  return out.subarray(0, length);
}

// The code point that the digits after a backslash say; -1 for another escape, which is one byte long.
function readCode(bytes: Uint8Array, at: number): { readonly code: number; readonly end: number } {
  const kind = bytes[at];
  if (kind === 0x78) return readHex(bytes, at + 1, 2) ?? { code: -1, end: at + 1 };
  if (kind !== 0x75) return { code: -1, end: at + 1 };
  if (bytes[at + 1] !== openBrace) return readHex(bytes, at + 1, 4) ?? { code: -1, end: at + 1 };
  const close = bytes.subarray(at, at + 9).indexOf(closeBrace);
  const read = close < 3 ? undefined : readHex(bytes, at + 2, close - 2);
  return read === undefined ? { code: -1, end: at + 1 } : { code: read.code, end: read.end + 1 };
}

function readHex(bytes: Uint8Array, at: number, digits: number): { readonly code: number; readonly end: number } | undefined {
  let code = 0;
  for (let place = at; place < at + digits; place += 1) {
    const digit = place < bytes.length ? hexValue[bytes[place] ?? 0] ?? 255 : 255;
    if (digit === 255) return undefined;
    code = code * 16 + digit;
  }
  return { code, end: at + digits };
}
