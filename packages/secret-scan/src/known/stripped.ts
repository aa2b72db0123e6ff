import type { Run } from "../decode/runs.ts";
import { loops } from "../loops/index.ts";

/** Where a search goes on: the end of what was looked at before, without its noise, which is the first `length` of the bytes. */
export interface Carry {
  bytes: Uint8Array;
  length: number;
}

/** The end of a text without its noise. */
export interface Stripped {
  /** The first `length` of the bytes. */
  readonly bytes: Uint8Array;
  length: number;
  /** How much of it is needed at most. */
  readonly longest: number;
}

/** As much is stripped at once at most. */
const blockBytes = 64 << 10;
const noCarry = new Uint8Array(0);
const carryStep = 64;

export function createCarry(): Carry {
  return { bytes: noCarry, length: 0 };
}

export function createStripped(longest: number): Stripped {
  return { bytes: new Uint8Array(2 * longest + blockBytes), length: 0, longest };
}

/** Begins with what the carry has. */
export function begin(stripped: Stripped, carry: Carry | undefined): void {
  // One that was filled by another matcher may be longer.
  stripped.length = Math.min(carry?.length ?? 0, stripped.longest);
  if (carry !== undefined) copy(carry.bytes, carry.length - stripped.length, stripped.bytes, stripped.length);
}

/** Leaves to the carry what was stripped last. */
export function keepIn(carry: Carry, { bytes, length, longest }: Stripped): void {
  const kept = Math.min(length, longest);
  if (carry.bytes.length < kept) carry.bytes = new Uint8Array(Math.ceil(kept / carryStep) * carryStep);
  copy(bytes, length - kept, carry.bytes, kept);
  carry.length = kept;
}

/** Goes on over a part of the text. Calls `look` with where in the stripped bytes what is new begins, each time that there is as much as there is room for. */
export function stripOn(stripped: Stripped, bytes: Uint8Array, [from, to]: Run, look: (start: number) => void): void {
  for (let at = from; at < to; at += blockBytes) {
    const end = Math.min(to, at + blockBytes);
    makeRoom(stripped, end - at);
    const start = stripped.length;
    stripped.length = loops.strip(bytes, [at, end], stripped.bytes, start);
    look(start);
  }
}

function makeRoom(stripped: Stripped, bytes: number): void {
  const { longest, length } = stripped;
  if (length <= longest || length + bytes <= stripped.bytes.length) return;
  stripped.bytes.copyWithin(0, length - longest, length);
  stripped.length = longest;
}

// A few bytes, for which a view would cost more.
function copy(from: Uint8Array, start: number, to: Uint8Array, length: number): void {
  for (let at = 0; at < length; at += 1) to[at] = from[start + at] ?? 0;
}
