import { isBase64, isEscapeBegin, isHexOrBetween, isKept, isStrange } from "../bytes.ts";
import { findRuns, type Run } from "../decode/runs.ts";
import { blockBytes, type Filter, type Loops, lowered, shortestRun, type SixteenClass, slotOf, type Survey, type Tally } from "./loops.ts";

const marks = new Uint32Array(blockBytes / 2);

/** One byte after the other. */
export const plainLoops: Loops = { survey, strip, mark, markSixteens, marks, tally };

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

function markSixteens(bytes: Uint8Array, from: number, which: SixteenClass): number {
  const isOne = which === "strange" ? isStrange : isEscapeBegin;
  const to = Math.min(bytes.length, from + blockBytes);
  let count = 0;
  for (let place = from; place < to; place += 16) {
    let at = place;
    const past = Math.min(to, place + 16);
    while (at < past && isOne[bytes[at] ?? 0] === 0) at += 1;
    if (at === past) continue;
    marks[count] = place;
    count += 1;
  }
  return count;
}

function tally(bytes: Uint8Array): Tally {
  let controls = 0;
  let broken = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20) controls += isStrange[byte] ?? 0;
    else if (byte >= 0xc0 && ((bytes[at + 1] ?? 0) & 0xc0) !== 0x80) broken += 1;
  }
  return { controls, broken };
}
