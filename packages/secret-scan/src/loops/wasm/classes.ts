import { constant, type Code, type Scope, v128, vector } from "./assemble.ts";

const ascii = 0x80;
const uppers = [0, 1, 2, 3, 4, 5, 6, 7];

/** Tells for sixteen bytes at once which are of a class of ASCII characters, be it any. */
export interface Classifier {
  /** What has to be run first for each sixteen bytes. */
  read(bytes: Code): Code;
  /** Of each byte that was read, some bits if it is of the class, else none. */
  in(member: Uint8Array): Code;
}

/**
 * A byte's lower half tells of which upper halves, a bit each, there is one in the class, and its upper half which bit is its own: two tables of sixteen, be the
 * class what it may (Langdale and Lemire, "Parsing gigabytes of JSON per second", 2019, §3.1.2).
 */
export function createClassifier({ local, vector: fixed }: Scope): Classifier {
  const lower = local(v128);
  const own = local(v128);
  const lowerHalf = fixed(splat(0x0f));
  const bits = fixed(Uint8Array.from({ length: 16 }, (_, upper) => upper * 16 < ascii ? 1 << upper : 0));
  return {
    read: (bytes) => [lower.set(vector.and(bytes, lowerHalf)), own.set(vector.pick(bits, vector.and(vector.shiftRight(bytes, constant(4)), lowerHalf)))],
    in(member) {
      const table = fixed(Uint8Array.from({ length: 16 }, (_, low) => uppers.reduce((all, upper) => all | (member[upper * 16 + low] ?? 0) << upper, 0)));
      return vector.and(vector.pick(table, lower.get), own.get);
    },
  };
}

/** The same byte sixteen times. */
export function splat(byte: number): Uint8Array {
  return new Uint8Array(16).fill(byte);
}
