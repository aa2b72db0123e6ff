import { asBuffer } from "../bytes.ts";
import type { SecretPattern } from "../pattern.ts";
import { createLiteralFinder, shortestLiteral } from "./literals.ts";

/** Finds what has the shape of a secret. */
export interface ShapeFinder {
  /**
   * Calls `found` once for each pattern with a match in the bytes.
   * @returns how many bytes the patterns were tried on
   */
  find(bytes: Uint8Array, found: (pattern: SecretPattern) => void): number;
}

/** A match lies within this of one of its literals. */
const before = 512;
const after = 8192;
/** With more places than this the whole is tried. */
const mostPlaces = 64;

export function createShapeFinder(patterns: readonly SecretPattern[]): ShapeFinder {
  const literals = patterns.flatMap((pattern, index) => pattern.literals.map((text) => ({ text, index }))).filter(({ text }) => Buffer.byteLength(text) >= shortestLiteral);
  const finder = createLiteralFinder(literals.map(({ text }) => text));
  const always = patterns.filter((pattern) => pattern.literals.length === 0 || pattern.literals.some((text) => Buffer.byteLength(text) < shortestLiteral));
  const isAlways = new Set(always);
  return {
    find(bytes, found) {
      const places = new Map<number, number[]>();
      finder.find(bytes, 0, bytes.length, (literal, at) => {
        const index = literals[literal]?.index ?? 0;
        const known = places.get(index);
        if (known === undefined) places.set(index, [at]);
        else if (known.length <= mostPlaces) known.push(at);
      });
      let tried = 0;
      const tryOn = (pattern: SecretPattern, ranges: readonly Range[]): void => {
        tried += ranges.reduce((sum, [from, to]) => sum + to - from, 0);
        if (ranges.some(([from, to]) => isMatching(pattern, asBuffer(bytes).toString("latin1", from, to)))) found(pattern);
      };
      for (const pattern of always) tryOn(pattern, [[0, bytes.length]]);
      for (const [index, at] of places) {
        const pattern = patterns[index];
        if (pattern !== undefined && !isAlways.has(pattern)) tryOn(pattern, at.length > mostPlaces ? [[0, bytes.length]] : around(at, bytes.length));
      }
      return tried;
    },
  };
}

type Range = readonly [from: number, to: number];

// The places come in order, but for the literals of one pattern that lie within each other.
function around(places: readonly number[], length: number): readonly Range[] {
  const ranges: [number, number][] = [];
  for (const place of places) {
    const from = Math.max(0, place - before);
    const to = Math.min(length, place + after);
    const last = ranges.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else ranges.push([from, to]);
  }
  return ranges;
}

function isMatching({ regexp, check }: SecretPattern, text: string): boolean {
  if (check === undefined) {
    regexp.lastIndex = 0;
    return regexp.test(text);
  }
  for (const [match] of text.matchAll(regexp)) if (check(match)) return true;
  return false;
}
