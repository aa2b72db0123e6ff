import { endianness } from "node:os";
import type { Run } from "../decode/runs.ts";
import { blockBytes, type Filter, type Loops, slotBits } from "./loops.ts";
import { plainLoops } from "./plain.ts";
import { assemble } from "./wasm/assemble.ts";
import { mark } from "./wasm/mark.ts";
import { markEscapes, markStrange } from "./wasm/sixteens.ts";
import { choices, strip } from "./wasm/strip.ts";
import { type RunsAt, survey } from "./wasm/survey.ts";
import { tally } from "./wasm/tally.ts";

// What is used of the standard's interface, which TypeScript knows of browsers alone.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  survey(at: number, to: number, ahead: number): number;
  strip(at: number, to: number, into: number): number;
  mark(at: number, to: number, into: number, ahead: number): number;
  markEscapes(at: number, to: number, into: number, ahead: number): number;
  markStrange(at: number, to: number, into: number, ahead: number): number;
  tally(at: number, to: number): number;
}

/** For fewer bytes a call costs more than it saves. */
const shortest = 96;
/** What the loops may read behind the last byte. */
const padding = 32;

// Where in memory what is.
const pageBytes = 64 << 10;
const choicesAt = 0;
const vectorsAt = 0x1000;
const brokenAt = 0x2010;
const filterAt = 0x8000;
const inputAt = filterAt + (1 << slotBits);
const outputAt = inputAt + blockBytes + 0x1000;
// As many runs of both kinds as there may be, or a mark at every other place.
const outputBytes = 2 * blockBytes;
const pages = Math.ceil((outputAt + outputBytes + padding) / pageBytes);
const runsAt = [{ from: 0x2000, end: 0x2004, list: outputAt }, { from: 0x2008, end: 0x200c, list: outputAt + blockBytes }] as const;
/** Neither is in any run, nor strange. */
const between = 0x2e;
const noise = 0;

/** Sixteen bytes after the other, in WebAssembly (W3C, 2.0, with its vectors); undefined where there is none. */
export function createVectorLoops(): Loops | undefined {
  const exports = instantiate();
  if (exports === undefined) return undefined;
  const memory = new Uint8Array(exports.memory.buffer);
  const numbers = new Uint32Array(exports.memory.buffer);
  const put = (bytes: Uint8Array, from: number, to: number, pad: number): void => {
    memory.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), inputAt);
    memory.fill(pad, inputAt + to - from, inputAt + to - from + padding);
  };
  const takeRuns = ({ list, end }: RunsAt, runs: Run[]): void => {
    const past = (numbers[end / 4] ?? 0) / 4;
    for (let at = list / 4; at < past; at += 2) runs.push([numbers[at] ?? 0, numbers[at + 1] ?? 0]);
  };
  let filterIn: Filter | undefined;
  return {
    marks: numbers.subarray(outputAt / 4, (outputAt + outputBytes) / 4),
    survey(bytes) {
      if (bytes.length < shortest) return plainLoops.survey(bytes);
      const [digits, hex]: [Run[], Run[]] = [[], []];
      let strange = 0;
      for (const { from } of runsAt) numbers[from / 4] = 0;
      // Once more behind the end, where every run is over.
      for (let from = 0; from <= bytes.length; from += blockBytes) {
        const to = Math.min(bytes.length, from + blockBytes);
        put(bytes, from, to, between);
        strange += exports.survey(inputAt, inputAt + Math.min(blockBytes, to - from + 1), from - inputAt);
        takeRuns(runsAt[0], digits);
        takeRuns(runsAt[1], hex);
      }
      return { digits, hex, strange };
    },
    strip(bytes, [from, to], into, start) {
      if (to - from < shortest) return plainLoops.strip(bytes, [from, to], into, start);
      let length = start;
      for (let at = from; at < to; at += blockBytes) {
        const end = Math.min(to, at + blockBytes);
        put(bytes, at, end, noise);
        const past = exports.strip(inputAt, inputAt + end - at, outputAt);
        into.set(memory.subarray(outputAt, past), length);
        length += past - outputAt;
      }
      return length;
    },
    mark(bytes, from, filter) {
      if (filterIn !== filter) memory.set(filter, filterAt);
      filterIn = filter;
      const to = Math.min(bytes.length, from + blockBytes);
      put(bytes, from, Math.min(bytes.length, to + padding), 0);
      let past = exports.mark(inputAt, inputAt + to - from, outputAt, from - inputAt) / 4;
      while (past > outputAt / 4 && (numbers[past - 1] ?? 0) >= to) past -= 1;
      return past - outputAt / 4;
    },
    markSixteens(bytes, from, which) {
      const to = Math.min(bytes.length, from + blockBytes);
      put(bytes, from, to, between);
      return ((which === "strange" ? exports.markStrange : exports.markEscapes)(inputAt, inputAt + to - from, outputAt, from - inputAt) - outputAt) / 4;
    },
    tally(bytes) {
      let controls = 0;
      let broken = 0;
      for (let from = 0; from < bytes.length; from += blockBytes) {
        const to = Math.min(bytes.length, from + blockBytes);
        // A character may go on in the next block.
        put(bytes, from, Math.min(bytes.length, to + 1), between);
        controls += exports.tally(inputAt, inputAt + to - from);
        broken += numbers[brokenAt / 4] ?? 0;
      }
      return { controls, broken };
    },
  };
}

function instantiate(): Exports | undefined {
  // In a module's memory the lowest byte of a number is the first.
  if (endianness() !== "LE") return undefined;
  try {
    const functions = [survey(...runsAt), strip(choicesAt), mark(filterAt), markEscapes, markStrange, tally(brokenAt)];
    const module = new WebAssembly.Module(assemble({ pages, vectorsAt, data: [choices(choicesAt)], functions }));
    // What was assembled has these.
    return new WebAssembly.Instance(module).exports as Exports;
  } catch {
    // Without an interpreter for it, vectors, or room for the addresses that a memory takes.
    return undefined;
  }
}
