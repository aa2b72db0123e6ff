import { asBuffer, isBase64 } from "../bytes.ts";
import { findRuns } from "../decode/runs.ts";
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

type Range = readonly [from: number, to: number];

/** A match lies within this of one of its literals. */
const before = 512;
const after = 8192;
/** With more places than this the whole is tried. */
const mostPlaces = 64;
/** What has only literals that are in many words is a token of more characters than these in a row. */
const tokenLength = 16;
const tokenBefore = 8;
const tokenAfter = 80;

export function createShapeFinder(patterns: readonly SecretPattern[]): ShapeFinder {
  const tokens = patterns.filter(isToken);
  const marked = patterns.filter((pattern) => !isToken(pattern) && isMarked(pattern));
  const always = patterns.filter((pattern) => !isToken(pattern) && !isMarked(pattern));
  const literals = marked.flatMap((pattern) => pattern.literals.map((text) => ({ text, pattern })));
  const finder = createLiteralFinder(literals.map(({ text }) => text));
  return {
    find(bytes, found) {
      let tried = 0;
      // Of a small text the whole costs less than its pieces.
      const small = bytes.length <= before + after ? lazy(() => asBuffer(bytes).toString("latin1")) : undefined;
      const tryOn = (pattern: SecretPattern, ranges: readonly Range[]): void => {
        for (const [from, to] of ranges) tried += to - from;
        const isThere = small === undefined ? ranges.some(([from, to]) => isMatching(pattern, asBuffer(bytes).toString("latin1", from, to))) : isMatching(pattern, small());
        if (isThere) found(pattern);
      };
      const places = new Map<SecretPattern, number[]>();
      finder.find(bytes, 0, bytes.length, (literal, at) => addPlace(places, literals[literal]?.pattern, at));
      const whole: readonly Range[] = [[0, bytes.length]];
      for (const [pattern, at] of places) tryOn(pattern, at.length > mostPlaces ? whole : merge(at.map((place) => [place - before, place + after]), bytes.length));
      const runs = tokens.length === 0 ? [] : tokenRanges(bytes);
      if (runs.length > 0) for (const pattern of tokens) tryOn(pattern, runs);
      for (const pattern of always) tryOn(pattern, whole);
      return tried;
    },
  };
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}

function isMarked({ literals }: SecretPattern): boolean {
  return literals.length > 0 && literals.every((text) => Buffer.byteLength(text) >= shortestLiteral);
}

function isToken({ literals }: SecretPattern): boolean {
  return literals.length > 0 && literals.every((text) => /^[a-z0-9]{1,3}$/.test(text));
}

function addPlace(places: Map<SecretPattern, number[]>, pattern: SecretPattern | undefined, at: number): void {
  if (pattern === undefined) return;
  const known = places.get(pattern);
  if (known === undefined) places.set(pattern, [at]);
  else if (known.length <= mostPlaces) known.push(at);
}

function tokenRanges(bytes: Uint8Array): readonly Range[] {
  const runs: Range[] = [];
  findRuns(bytes, isBase64, tokenLength, (from, to) => runs.push([from - tokenBefore, to + tokenAfter]));
  return merge(runs, bytes.length);
}

// Nearly in order: the literals of one pattern may lie within each other.
function merge(ranges: readonly Range[], length: number): readonly Range[] {
  const merged: [number, number][] = [];
  for (const range of ranges) {
    const from = Math.max(0, range[0]);
    const to = Math.min(length, range[1]);
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

function isMatching({ regexp, check }: SecretPattern, text: string): boolean {
  regexp.lastIndex = 0;
  for (let match = regexp.exec(text); match !== null; match = regexp.exec(text)) {
    if (check === undefined || check(match[0])) return true;
    // A pattern that matches nothing at a place would stay there.
    if (match[0] === "") regexp.lastIndex += 1;
  }
  return false;
}
