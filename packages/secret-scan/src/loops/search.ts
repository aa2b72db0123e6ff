import { isEscapeBegin, isStrange } from "../bytes.ts";
import { loops } from "./index.ts";
import { blockBytes, type SixteenClass } from "./loops.ts";

const none = new Uint32Array(0);

/** Finds where the next byte of a class is, from a place on that only grows; -1 if nowhere. */
export function createSearch(bytes: Uint8Array, which: SixteenClass): (from: number) => number {
  const isOne = which === "strange" ? isStrange : isEscapeBegin;
  let marks = none;
  let index = 0;
  let block = 0;
  return (from) => {
    for (;;) {
      for (; index < marks.length; index += 1) {
        const sixteen = marks[index] ?? 0;
        const past = Math.min(bytes.length, sixteen + 16);
        for (let at = Math.max(from, sixteen); at < past; at += 1) if (isOne[bytes[at] ?? 0] === 1) return at;
      }
      if (block >= bytes.length) return -1;
      const count = loops.markSixteens(bytes, block, which);
      // They are overwritten by the next call, whoever makes it.
      marks = count === 0 ? none : loops.marks.slice(0, count);
      index = 0;
      block += blockBytes;
    }
  };
}
