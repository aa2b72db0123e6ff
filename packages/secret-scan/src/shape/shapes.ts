import { asBuffer } from "../bytes.ts";
import { base64Runs } from "../decode/base64.ts";
import type { Run } from "../decode/runs.ts";
import type { SecretPattern } from "../pattern.ts";
import { createLiteralFinder, shortestLiteral } from "./literals.ts";
import { reachOf } from "./reach.ts";
import { createTokenFinder } from "./tokens.ts";

/** Finds what has the shape of a secret. */
export interface ShapeFinder {
  /**
   * Calls `found` once for each pattern with a match in the bytes.
   * @param digits the bytes' `base64Runs`, if they are known
   * @returns how many bytes the patterns were tried on
   */
  find(bytes: Uint8Array, found: (pattern: SecretPattern) => void, digits?: readonly Run[]): number;
}

/** A match lies within this of one of its literals, or closer if the pattern reaches less far. */
const before = 512;
const after = 8192;
/** Where so few bytes have a token's beginning each, all that may hold one is tried at once: a row of digits of base64, and so much on its sides. */
const closest = 64;
const tokenBefore = 8;
const tokenAfter = 80;

// What the search for one pattern needs.
interface Marked {
  readonly pattern: SecretPattern;
  readonly before: number;
  readonly after: number;
  /** How many characters before a literal a match begins at most, where that is known. */
  readonly startsWithin: number;
  /** Matches from a given place on only. */
  readonly sticky: RegExp;
}

// Patterns are few and scanners many.
const finders = new WeakMap<readonly SecretPattern[], ShapeFinder>();

export function createShapeFinder(patterns: readonly SecretPattern[]): ShapeFinder {
  const known = finders.get(patterns);
  if (known !== undefined) return known;
  const finder = toFinder(patterns);
  finders.set(patterns, finder);
  return finder;
}

function toFinder(patterns: readonly SecretPattern[]): ShapeFinder {
  const tokens = toLiterals(patterns.filter((pattern) => pattern.isToken));
  const marks = toLiterals(patterns.filter((pattern) => !pattern.isToken && isMarked(pattern)));
  const always = patterns.filter((pattern) => !pattern.isToken && !isMarked(pattern));
  const tokenFinder = createTokenFinder(tokens.map(({ text }) => text));
  const finder = createLiteralFinder(marks.map(({ text }) => text));
  return {
    find(bytes, found, digits) {
      let tried = 0;
      const text = lazy(() => asBuffer(bytes).toString("latin1"));
      const tryOn = (pattern: SecretPattern, ranges: readonly Run[]): void => {
        for (const [from, to] of ranges) tried += to - from;
        if (ranges.some(([from, to]) => isMatching(pattern, text().slice(from, to)))) found(pattern);
      };
      const places = new Map<Marked, number[]>();
      finder.find(bytes, (literal, at) => addPlace(places, marks[literal]?.one, at));
      const runs = tokens.length === 0 ? [] : digits ?? base64Runs(bytes);
      const begun = tokenFinder.find(bytes, runs, bytes.length / closest);
      for (const { index, at } of begun ?? []) addPlace(places, tokens[index]?.one, at);
      for (const [one, at] of places) {
        if (one.pattern.isToken !== true && one.pattern.startsWithin === undefined) tryOn(one.pattern, merge(at.map((place) => [place - one.before, place + one.after]), bytes.length));
        else {
          tried += at.length * (one.startsWithin + 1);
          if (at.some((place) => isMatchingAt(one, text(), place))) found(one.pattern);
        }
      }
      if (begun === undefined) {
        const ranges = merge(runs.map(([from, to]) => [from - tokenBefore, to + tokenAfter]), bytes.length);
        for (const one of new Set(tokens.map((token) => token.one))) tryOn(one.pattern, ranges);
      }
      for (const pattern of always) tryOn(pattern, [[0, bytes.length]]);
      return tried;
    },
  };
}

function toLiterals(patterns: readonly SecretPattern[]): readonly { readonly text: string; readonly one: Marked }[] {
  return patterns.map(toMarked).flatMap((one) => one.pattern.literals.map((text) => ({ text, one })));
}

// All that a match looks at is within its reach of its literal: beyond that nothing is tried, as nothing can be found.
function toMarked(pattern: SecretPattern): Marked {
  const { regexp, literals } = pattern;
  const reach = reachOf(regexp);
  const longest = Math.max(...literals.map((text) => text.length));
  return { pattern, startsWithin: pattern.startsWithin ?? 0, before: Math.min(before, reach), after: Math.min(after, reach + longest), sticky: new RegExp(regexp.source, regexp.flags.replace("g", "y")) };
}

function isMatchingAt({ pattern, startsWithin, sticky }: Marked, text: string, place: number): boolean {
  for (let start = Math.max(0, place - startsWithin); start <= place; start += 1) {
    sticky.lastIndex = start;
    const match = sticky.exec(text);
    if (match !== null && (pattern.check?.(match[0]) ?? true)) return true;
  }
  return false;
}

function lazy<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => made ??= make();
}

function isMarked({ literals }: SecretPattern): boolean {
  return literals.length > 0 && literals.every((text) => Buffer.byteLength(text) >= shortestLiteral);
}

function addPlace(places: Map<Marked, number[]>, one: Marked | undefined, at: number): void {
  if (one === undefined) return;
  const known = places.get(one);
  if (known === undefined) places.set(one, [at]);
  else known.push(at);
}

// Nearly in order: the literals of one pattern may lie within each other.
function merge(ranges: readonly Run[], length: number): readonly Run[] {
  const merged: [number, number][] = [];
  for (const range of ranges) {
    const from = Math.max(0, range[0]);
    const to = Math.min(length, range[1]);
    const last = merged.at(-1);
    if (last === undefined || from > last[1]) merged.push([from, to]);
    else {
      last[0] = Math.min(last[0], from);
      last[1] = Math.max(last[1], to);
    }
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
