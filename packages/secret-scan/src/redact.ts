import { asBuffer } from "./bytes.ts";
import { createExactFinder, type ExactFinder } from "./exact.ts";

const star = 0x2a;
// So that what is held back does not tell a value's exact length.
const heldStep = 128;
const nothing = Buffer.alloc(0);

/** Replaces known values in a stream of bytes by as many `*`, so that lengths announced earlier stay true. */
export interface Redactor {
  /**
   * The bytes that can be passed on now. How many are held back depends on the stream alone and never on the values: whoever
   * writes text into the stream and watches it come out would else learn how much of a guess was right.
   */
  push(chunk: Uint8Array): Buffer;
  /** The same in parts, of which those that have nothing to hide are not copied. */
  take(chunk: Uint8Array): readonly Buffer[];
  /** What was held back: at the end of the stream, or where no value can go on, for example at the end of a frame. */
  flush(): Buffer;
}

/**
 * A redactor for these exact values (UTF-8); empty ones are ignored. Never throws. Keeps what comes after the last control
 * character (a line's end, for example), and at most the longest value's length, rounded up to 128 bytes.
 */
export function createRedactor(values: readonly string[]): Redactor {
  const { finder, mostHeld, isWithinLines } = compile(values);
  let held: Buffer = nothing;
  // The same bytes as they will be shown: a value found in them may still be the beginning of another.
  let shown = held;
  const take = (chunk: Uint8Array): readonly Buffer[] => {
    const bytes = asBuffer(chunk);
    if (finder.longest === 0) return [bytes];
    const found = findAcross(finder, held, bytes);
    const unbroken = isWithinLines ? unbrokenEnd(bytes, mostHeld) : mostHeld;
    const kept = Math.min(mostHeld, unbroken < bytes.length ? unbroken : bytes.length + (isWithinLines ? unbrokenEnd(held, mostHeld) : held.length));
    if (found.length === 0 && kept <= bytes.length) {
      const parts = [shown, bytes.subarray(0, bytes.length - kept)].filter(({ length }) => length > 0);
      held = bytes.subarray(bytes.length - kept);
      shown = held;
      return parts;
    }
    const clean = redacted(shown, bytes, found);
    const released = clean.length - kept;
    held = kept <= bytes.length ? bytes.subarray(bytes.length - kept) : Buffer.concat([held, bytes]).subarray(released);
    shown = clean === bytes ? held : clean.subarray(released);
    return [clean.subarray(0, released)];
  };
  return {
    take,
    push(chunk) {
      const parts = take(chunk);
      return parts.length === 1 ? parts[0] ?? nothing : Buffer.concat(parts);
    },
    flush() {
      const rest = shown;
      held = nothing;
      shown = held;
      return rest;
    },
  };
}

/** A whole text with these exact values replaced by as many `*` (in UTF-8 bytes). */
export function redactText(values: readonly string[], text: string): string {
  const { finder, shortest } = compile(values);
  if (text.length < shortest || !values.some((value) => value !== "" && text.includes(value))) return text;
  const bytes = Buffer.from(text, "utf8");
  const clean = redacted(nothing, bytes, findAcross(finder, nothing, bytes));
  return clean === bytes ? text : clean.toString("utf8");
}

interface Compiled {
  readonly finder: ExactFinder;
  /** Bytes that may be held back. */
  readonly mostHeld: number;
  /** No value has a control character in it. */
  readonly isWithinLines: boolean;
  /** Length of the shortest value. */
  readonly shortest: number;
}

// A list is kept as long as its credential, and every header of every answer is looked through with it.
const compiled = new WeakMap<readonly string[], Compiled>();

function compile(values: readonly string[]): Compiled {
  const known = compiled.get(values);
  if (known !== undefined) return known;
  const needles = values.filter((value) => value !== "").map((value) => Buffer.from(value, "utf8"));
  const finder = createExactFinder(needles);
  const made = {
    finder, mostHeld: roundUp(finder.longest), isWithinLines: needles.every((needle) => !needle.some(isControl)),
    shortest: values.reduce((least, { length }) => length === 0 ? least : Math.min(least, length), Infinity),
  };
  compiled.set(values, made);
  return made;
}

type Ranges = readonly (readonly [from: number, to: number])[];

// All matches in what is held and what follows are found before any is overwritten, so that overlapping values are both hidden whole.
function findAcross(finder: ExactFinder, held: Buffer, bytes: Buffer): Ranges {
  const found: [number, number][] = [];
  const across = held.length === 0 ? held : Buffer.concat([held, bytes.subarray(0, finder.longest - 1)]);
  finder.find(across, (from, to) => {
    if (from < held.length) found.push([from, to]);
  });
  finder.find(bytes, (from, to) => found.push([held.length + from, held.length + to]));
  return found;
}

// The bytes are left as they are; the answer is a copy if anything is before them, or is hidden in them.
function redacted(shown: Buffer, bytes: Buffer, found: Ranges): Buffer {
  if (found.length === 0 && shown.length === 0) return bytes;
  const clean = Buffer.concat([shown, bytes]);
  for (const [from, to] of found) clean.fill(star, from, to);
  return clean;
}

// How many bytes at the end, up to `most`, come after the last control character.
function unbrokenEnd(bytes: Buffer, most: number): number {
  let length = 0;
  while (length < most && length < bytes.length && !isControl(bytes[bytes.length - 1 - length] ?? 0)) length += 1;
  return length;
}

function isControl(byte: number): boolean {
  return byte < 0x20;
}

function roundUp(length: number): number {
  return Math.ceil(length / heldStep) * heldStep;
}
