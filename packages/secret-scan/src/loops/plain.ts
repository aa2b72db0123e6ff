import { isBase64, isHexOrBetween, isKept, isStrange } from "../bytes.ts";
import { findRuns, type Run } from "../decode/runs.ts";
import { blockBytes, type Filter, type Loops, lowered, shortestRun, slotOf, type Survey } from "./loops.ts";

const marks = new Int32Array(blockBytes / 2);

/** One byte after the other. */
export const plainLoops: Loops = { survey, strip, mark, marks };

const none: readonly Run[] = [];
const digit = 1;
const hexDigit = 2;
const kinds = Uint8Array.from({ length: 256 }, (_, byte) => (isBase64[byte] ?? 0) * digit | (isHexOrBetween[byte] ?? 0) * hexDigit);

function survey(bytes: Uint8Array): Survey {
  let all = 0;
  let strange = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    all |= kinds[byte] ?? 0;
    strange += isStrange[byte] ?? 0;
  }
  return { digits: (all & digit) === 0 ? none : findRuns(bytes, isBase64, shortestRun), hex: (all & hexDigit) === 0 ? none : findRuns(bytes, isHexOrBetween, shortestRun), strange };
}

function strip(bytes: Uint8Array, [from, to]: Run, into: Uint8Array, start: number): number {
  const counts = isKept;
  let length = start;
  for (let at = from; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    if (counts[byte] === 0) continue;
    into[length] = byte;
    length += 1;
  }
  return length;
}

function mark(bytes: Uint8Array, from: number, filter: Filter): number {
  const to = Math.min(bytes.length, from + blockBytes);
  let count = 0;
  for (let at = from; at < to; at += 2) {
    if (filter[slotOf((bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0) << 16 | lowered)] === 0) continue;
    marks[count] = at;
    count += 1;
  }
  return count;
}
