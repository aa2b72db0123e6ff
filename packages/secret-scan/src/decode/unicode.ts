import { isUtf8 } from "node:buffer";
import { asBuffer, isStrange } from "../bytes.ts";
import { normalise } from "../normalise/index.ts";

/** How much text on either side goes with a character that stands for another. */
const around = 256;
const separator = "\n";
const longestRun = 64;
// 1 or 0, for sums without branches.
const isControl = isStrange.map((strange, byte) => byte < 0x20 ? strange : 0);
const isLead = isStrange.map((_, byte) => byte >= 0xc0 ? 1 : 0);
/** One byte in so many is too many. */
const manyControls = 20;
const manyBroken = 10;
/** After so many bytes it is asked whether there were too many of a kind. */
const stride = 1024;

/**
 * The places of a text where characters stand for others or for none (control characters but line ends and tabs, invisible ones,
 * look-alikes), with them normalised; undefined if there are none. What is far from any such character is as it was, and left out.
 * @param strange how many bytes at most are none of printable ASCII, tabs and line ends
 */
export function decodeUnicode(bytes: Uint8Array, strange: number = bytes.length): Buffer | undefined {
  const first = nextStrange(bytes, 0);
  if (first === -1 || (strange * manyControls > bytes.length && isBinary(bytes, first))) return undefined;
  const buffer = asBuffer(bytes);
  const changing = new Map<string, boolean>();
  const ranges: [number, number][] = [];
  for (let at = first; at !== -1;) {
    const from = at;
    while (at < bytes.length && at - from < longestRun && isStrange[bytes[at] ?? 0] === 1) at += 1;
    // Not within a character.
    while (at < bytes.length && isWithin(bytes[at])) at += 1;
    const run = buffer.toString("latin1", from, at);
    let isChanging = changing.get(run);
    if (isChanging === undefined) {
      const text = buffer.toString("utf8", from, at);
      isChanging = normalise(text) !== text;
      changing.set(run, isChanging);
    }
    if (isChanging) addRange(ranges, bytes, from, at);
    at = nextStrange(bytes, at);
  }
  if (ranges.length === 0) return undefined;
  return Buffer.from(ranges.map(([start, end]) => normalise(buffer.toString("utf8", start, end))).join(separator), "utf8");
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

function nextStrange(bytes: Uint8Array, from: number): number {
  const strange = isStrange;
  if (strange[bytes[from] ?? 0] === 1 && from < bytes.length) return from;
  let at = from;
  for (const last = bytes.length - 3; at < last; at += 4) {
    const any = (strange[bytes[at] ?? 0] ?? 0) | (strange[bytes[at + 1] ?? 0] ?? 0) | (strange[bytes[at + 2] ?? 0] ?? 0) | (strange[bytes[at + 3] ?? 0] ?? 0);
    if (any !== 0) break;
  }
  for (; at < bytes.length; at += 1) if (strange[bytes[at] ?? 0] === 1) return at;
  return -1;
}

// Text has few control characters, and few beginnings of a character without its continuation, as most are in bytes that are no UTF-8.
function isBinary(bytes: Uint8Array, from: number): boolean {
  const { length } = bytes;
  const isOne = isControl;
  for (let at = from, controls = 0; at < length;) {
    for (const end = Math.min(length, at + stride); at < end; at += 1) controls += isOne[bytes[at] ?? 0] ?? 0;
    if (controls * manyControls > length) return true;
  }
  return !isUtf8(bytes) && isBroken(bytes, from);
}

function isBroken(bytes: Uint8Array, from: number): boolean {
  const { length } = bytes;
  const isBegin = isLead;
  for (let at = from, broken = 0; at < length;) {
    for (const end = Math.min(length, at + stride); at < end; at += 1) if (isBegin[bytes[at] ?? 0] === 1 && !isWithin(bytes[at + 1])) broken += 1;
    if (broken * manyBroken > length) return true;
  }
  return false;
}
