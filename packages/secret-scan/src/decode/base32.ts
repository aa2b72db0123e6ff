import { base32Value, isBase32 } from "../bytes.ts";
import type { Keep } from "./keep.ts";
import { base64Runs } from "./base64.ts";
import { findRuns, type Run } from "./runs.ts";

const shortestRun = 24;

/** What the base32 (RFC 4648 §6, either case) in a text decodes to, as far as it is kept. `digits`: its runs of digits of base64, if they are known. */
export function decodeBase32(bytes: Uint8Array, keep: Keep, digits: readonly Run[] = base64Runs(bytes)): readonly Buffer[] {
  const decoded: Buffer[] = [];
  for (const run of digits) {
    if (run[1] - run[0] < shortestRun) continue;
    // All digits of base32 are digits of base64.
    for (const [from, to] of findRuns(bytes, isBase32, shortestRun, run)) {
      const out = decodeRun(bytes, from, to);
      if (keep(out)) decoded.push(out);
    }
  }
  return decoded;
}

function decodeRun(bytes: Uint8Array, from: number, to: number): Buffer {
  const out = Buffer.allocUnsafe(((to - from) * 5 >> 3) + 1);
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let at = from; at < to; at += 1) {
    bits = (bits << 5 | (base32Value[bytes[at] ?? 0] ?? 0)) & 0xfffff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    out[length] = bits >> count;
    length += 1;
  }
  return out.subarray(0, length);
}
