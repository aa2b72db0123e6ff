import { asBuffer, isStrange } from "../bytes.ts";
import { loops } from "../loops/index.ts";
import { createSearch } from "../loops/search.ts";
import { normalise } from "../normalise/index.ts";

/** How much text on either side goes with a character that stands for another. */
const around = 256;
const separator = "\n";
const longestRun = 64;
/** One byte in so many is too many. */
const manyControls = 20;
const manyBroken = 10;

/**
 * The places of a text where characters stand for others or for none (control characters but line ends and tabs, invisible ones,
 * look-alikes), with them normalised; undefined if there are none. What is far from any such character is as it was, and left out.
 * @param strange how many bytes at most are none of printable ASCII, tabs and line ends
 */
export function decodeUnicode(bytes: Uint8Array, strange: number = bytes.length): Buffer | undefined {
  if (strange === 0 || (strange * manyControls > bytes.length && isBinary(bytes))) return undefined;
  const buffer = asBuffer(bytes);
  const changing = new Map<string, boolean>();
  const ranges: [number, number][] = [];
  const next = createSearch(bytes, "strange");
  for (let from = next(0); from !== -1;) {
    const to = endOfRun(bytes, from);
    if (isChanging(buffer, from, to, changing)) addRange(ranges, bytes, from, to);
    from = next(to);
  }
  if (ranges.length === 0) return undefined;
  return Buffer.from(ranges.map(([start, end]) => normalise(buffer.toString("utf8", start, end))).join(separator), "utf8");
}

function endOfRun(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && at - from < longestRun && isStrange[bytes[at] ?? 0] === 1) at += 1;
  // Not within a character.
  while (at < bytes.length && isWithin(bytes[at])) at += 1;
  return at;
}

// Whether a run stands for something else. `known` are those that were asked for before.
function isChanging(buffer: Buffer, from: number, to: number, known: Map<string, boolean>): boolean {
  // A control character stands for none.
  if ((buffer[from] ?? 0) < 0x80) return true;
  const run = buffer.toString("latin1", from, to);
  let is = known.get(run);
  if (is === undefined) {
    const text = buffer.toString("utf8", from, to);
    is = normalise(text) !== text;
    known.set(run, is);
  }
  return is;
}

function addRange(ranges: [number, number][], bytes: Uint8Array, from: number, to: number): void {
  let start = Math.max(0, from - around);
  while (start > 0 && isWithin(bytes[start])) start -= 1;
  let end = Math.min(bytes.length, to + around);
  while (end < bytes.length && isWithin(bytes[end])) end += 1;
  const last = ranges.at(-1);
  if (last !== undefined && start <= last[1]) last[1] = end;
  else ranges.push([start, end]);
}

// A byte of UTF-8 that goes on with a character (RFC 3629 §3).
function isWithin(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}

// Text has few control characters, and few beginnings of a character without its continuation, as most are in bytes that are no UTF-8.
function isBinary(bytes: Uint8Array): boolean {
  const { controls, broken } = loops.tally(bytes);
  return controls * manyControls > bytes.length || broken * manyBroken > bytes.length;
}
