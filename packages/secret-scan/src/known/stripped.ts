import { isKept } from "../bytes.ts";

/** Where a search goes on: the end of what was looked at before, without its noise, which is the first `length` of the bytes. */
export interface Carry {
  bytes: Uint8Array;
  length: number;
}

/** The end of a text without its noise, stripped as far as somebody asked for it. */
export interface Stripped {
  /** The first `length` of the bytes. */
  readonly bytes: Uint8Array;
  length: number;
  /** How far into the text it goes. */
  done: number;
  /** How much of it is needed at most. */
  readonly longest: number;
}

/** As much is stripped at once at most. */
export const blockBytes = 4 << 10;

const room = 64 << 10;
const noCarry = new Uint8Array(0);
const carryStep = 64;

export function createCarry(): Carry {
  return { bytes: noCarry, length: 0 };
}

export function createStripped(longest: number): Stripped {
  // One more: what is noise is written, and written over.
  return { bytes: new Uint8Array(2 * longest + room + 1), length: 0, done: 0, longest };
}

/** Begins with what the carry has. */
export function begin(stripped: Stripped, from: number, carry: Carry | undefined): void {
  // One that was filled by another matcher may be longer.
  stripped.length = Math.min(carry?.length ?? 0, stripped.longest);
  stripped.done = from;
  if (carry !== undefined) copy(carry.bytes, carry.length - stripped.length, stripped.bytes, stripped.length);
}

/** Leaves to the carry what was stripped last. */
export function keepIn(carry: Carry, { bytes, length, longest }: Stripped): void {
  const kept = Math.min(length, longest);
  if (carry.bytes.length < kept) carry.bytes = new Uint8Array(Math.ceil(kept / carryStep) * carryStep);
  copy(bytes, length - kept, carry.bytes, kept);
  carry.length = kept;
}

/** Goes on to a place, over what is longer ago than any needle is long. */
export function catchUp(stripped: Stripped, bytes: Uint8Array, to: number): void {
  let from = to;
  for (let count = 0; from > stripped.done && count < stripped.longest; from -= 1) count += isKept[bytes[from - 1] ?? 0] ?? 0;
  if (from > stripped.done) {
    stripped.length = 0;
    stripped.done = from;
  }
  makeRoom(stripped, stripped.longest);
  stripped.length = strip(bytes, stripped.done, to, stripped.bytes, stripped.length);
  stripped.done = Math.max(stripped.done, to);
}

/** Strips all up to a place, of one block at most. @returns where what is new begins */
export function stripOn(stripped: Stripped, bytes: Uint8Array, to: number): number {
  makeRoom(stripped, to - stripped.done);
  const start = stripped.length;
  stripped.length = strip(bytes, stripped.done, to, stripped.bytes, start);
  stripped.done = to;
  return start;
}

function makeRoom(stripped: Stripped, bytes: number): void {
  const { longest, length } = stripped;
  if (length <= longest || length + bytes < stripped.bytes.length) return;
  stripped.bytes.copyWithin(0, length - longest, length);
  stripped.length = longest;
}

// A few bytes, for which a view would cost more.
function copy(from: Uint8Array, start: number, to: Uint8Array, length: number): void {
  for (let at = 0; at < length; at += 1) to[at] = from[start + at] ?? 0;
}

// What is no noise, put behind what is there; gives where that ends then.
function strip(bytes: Uint8Array, from: number, to: number, into: Uint8Array, start: number): number {
  const counts = isKept;
  let length = start;
  let at = from;
  // Four at a time.
  for (const last = to - 3; at < last; at += 4) {
    const first = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    const third = bytes[at + 2] ?? 0;
    const fourth = bytes[at + 3] ?? 0;
    into[length] = first;
    length += counts[first] ?? 0;
    into[length] = second;
    length += counts[second] ?? 0;
    into[length] = third;
    length += counts[third] ?? 0;
    into[length] = fourth;
    length += counts[fourth] ?? 0;
  }
  for (; at < to; at += 1) {
    const byte = bytes[at] ?? 0;
    into[length] = byte;
    length += counts[byte] ?? 0;
  }
  return length;
}
