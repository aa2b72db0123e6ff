import { asBuffer, base64Value, isBase64 } from "../bytes.ts";
import type { Keep } from "./keep.ts";
import { findRuns, type Run } from "./runs.ts";

const shortestRun = 16;
/** A run up to this may begin anywhere in what it is within (a path, an identifier): it is decoded from each of its first four digits. */
const longestTried = 1024;
/** Lines of base64 (RFC 2045 §6.8: at most 76 digits) belong together. */
const shortestLine = 40;
const longestName = 32;
const [lower, upper, digit] = [1, 2, 4];
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => byte >= 0x61 && byte <= 0x7a ? lower : byte >= 0x41 && byte <= 0x5a ? upper : byte >= 0x30 && byte <= 0x39 ? digit : 0);
// Most runs decode to nothing worth keeping.
const scratch = Buffer.alloc(longestTried);

/** Where digits of base64 are in a row, of either alphabet. */
export function base64Runs(bytes: Uint8Array): readonly Run[] {
  return findRuns(bytes, isBase64, shortestRun);
}

/**
 * What the base64 (RFC 4648 §4, §5; padded or not, in lines or not) in a text decodes to, as far as it is kept.
 * @param digits the text's `base64Runs`, if they are known
 */
export function decodeBase64(bytes: Uint8Array, keep: Keep, digits: readonly Run[] = base64Runs(bytes)): readonly Buffer[] {
  const decoded: Buffer[] = [];
  const take = (from: number, to: number): void => {
    const starts = to - from > longestTried ? 1 : 4;
    for (let start = 0; start < starts; start += 1) {
      const out = decodeRun(bytes, from + start, to);
      if (keep(out)) decoded.push(Buffer.from(out));
    }
  };
  let begin = -1;
  let end = -1;
  const flush = (): void => {
    if (begin !== -1) take(begin, end);
    begin = -1;
  };
  for (const [from, to] of digits) {
    if (begin !== -1 && end - begin >= shortestLine && isLineEnd(bytes, end, from)) {
      end = to;
      continue;
    }
    flush();
    if (!isMixed(bytes, from, to)) continue;
    begin = from;
    end = to;
  }
  flush();
  return decoded;
}

function decodeRun(bytes: Uint8Array, from: number, to: number): Buffer {
  if (to - from > longestTried) return Buffer.from(asBuffer(bytes).toString("latin1", from, to), "base64");
  const out = scratch;
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let at = from; at < to; at += 1) {
    const digit = base64Value[bytes[at] ?? 0] ?? 255;
    if (digit === 255) continue;
    bits = (bits << 6 | digit) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out[length] = bits >> count;
    length += 1;
  }
  return out.subarray(0, length);
}

function isLineEnd(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > 16) return false;
  let hasEnd = false;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at];
    if (byte === 0x0a) hasEnd = true;
    else if (byte !== 0x0d && byte !== 0x20 && byte !== 0x09) return false;
  }
  return hasEnd;
}

// Words and paths are of one kind of character, and names in programs of letters alone, as hardly any base64 of this length is.
function isMixed(bytes: Uint8Array, from: number, to: number): boolean {
  const kindOf = kinds;
  let all = 0;
  for (let at = from; at < to; at += 1) {
    all |= kindOf[bytes[at] ?? 0] ?? 0;
    if (all > digit) return true;
  }
  return all === (lower | upper) && to - from >= longestName;
}
