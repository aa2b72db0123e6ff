import { hexValue, isHexOrBetween } from "../bytes.ts";
import type { Keep } from "./keep.ts";
import { findRuns, type Run } from "./runs.ts";

const shortestRun = 16;

/**
 * What the hex digits in a text decode to, as far as it is kept: in either case, plain or with
 * `:`, `-`, `,`, a space, `\x` or `0x` between the bytes.
 * @param digits the text's rows of 16 of these or more, if they are known
 */
export function decodeHex(bytes: Uint8Array, keep: Keep, digits: readonly Run[] = findRuns(bytes, isHexOrBetween, shortestRun)): readonly Buffer[] {
  const decoded: Buffer[] = [];
  const take = (out: Buffer): void => {
    if (keep(out)) decoded.push(out);
  };
  for (const [from, to] of digits) {
    // A lone digit before a row of pairs turns them around.
    take(decodeRun(bytes, from, to));
    take(decodeRun(bytes, from + 1, to));
  }
  return decoded;
}

// Pairs of digits; what is no pair ends a row of them with a byte that no text goes on over.
function decodeRun(bytes: Uint8Array, from: number, to: number): Buffer {
  const out = Buffer.allocUnsafe(to - from);
  let length = 0;
  let at = from;
  while (at < to) {
    const high = hexValue[bytes[at] ?? 0] ?? 255;
    const low = at + 1 < to ? hexValue[bytes[at + 1] ?? 0] ?? 255 : 255;
    if (high === 255 || low === 255) {
      at += high !== 0 || !isX(bytes[at + 1]) ? 1 : 2;
      continue;
    }
    out[length] = high << 4 | low;
    length += 1;
    at += 2;
  }
  return out.subarray(0, length);
}

function isX(byte: number | undefined): boolean {
  return byte === 0x78 || byte === 0x58;
}
