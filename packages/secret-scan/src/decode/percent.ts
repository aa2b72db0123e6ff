import { asBuffer, hexValue } from "../bytes.ts";
import { moveUntil } from "./move.ts";

const percent = 0x25;
const mostRounds = 8;

/**
 * The text with its percent-encoding (RFC 3986 §2.1) undone, again and again until there is none; undefined if there was none.
 * @param isOwn whether it may be made in place
 */
export function decodePercent(bytes: Uint8Array, isOwn: boolean = false): Buffer | undefined {
  let decoded: Buffer | undefined;
  for (let round = 0; round < mostRounds; round += 1) {
    const next = decodeOnce(decoded ?? bytes, { isOwn: isOwn || round > 0 });
    if (next === undefined) return decoded;
    decoded = next;
  }
  return decoded;
}

/** As `decodePercent`, once; with `escape` 0x3d it undoes quoted-printable's pairs. */
export function decodeOnce(bytes: Uint8Array, { escape = percent, isOwn = false }: { readonly escape?: number; readonly isOwn?: boolean } = {}): Buffer | undefined {
  let at = bytes.indexOf(escape);
  // What encodes nothing stays as it is.
  while (at !== -1 && !isPair(bytes, at + 1)) at = bytes.indexOf(escape, at + 1);
  if (at === -1) return undefined;
  const out = isOwn ? asBuffer(bytes) : Buffer.from(bytes);
  let length = at;
  while (at < bytes.length) {
    const next = moveUntil(escape, out, at, length);
    length += next - at;
    at = next;
    if (at === bytes.length) break;
    const high = hexValue[bytes[at + 1] ?? 0] ?? 255;
    const low = high === 255 ? 255 : hexValue[bytes[at + 2] ?? 0] ?? 255;
    out[length] = low === 255 ? escape : high << 4 | low;
    length += 1;
    at += low === 255 ? 1 : 3;
  }
  return out.subarray(0, length);
}

/** Whether two hex digits begin there. */
export function isPair(bytes: Uint8Array, at: number): boolean {
  return hexValue[bytes[at] ?? 0] !== 255 && hexValue[bytes[at + 1] ?? 0] !== 255;
}
