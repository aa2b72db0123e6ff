const star = 0x2a;
// So that what is held back does not tell a value's exact length.
const heldStep = 128;

/** Replaces known values in a stream of bytes by as many `*`, so that lengths announced earlier stay true. */
export interface Redactor {
  /**
   * The bytes that can be passed on now. How many are held back depends on the stream alone and never on the values: whoever
   * writes text into the stream and watches it come out would else learn how much of a guess was right.
   */
  push(chunk: Uint8Array): Buffer;
  /** What was held back: at the end of the stream, or where no value can go on, for example at the end of a frame. */
  flush(): Buffer;
}

/**
 * A redactor for these exact values (UTF-8); empty ones are ignored. Never throws. Keeps what comes after the last control
 * character (a line's end, for example), and at most the longest value's length, rounded up to 128 bytes.
 */
export function createRedactor(values: readonly string[]): Redactor {
  const needles = toNeedles(values);
  const mostHeld = roundUp(Math.max(0, ...needles.map((needle) => needle.length)));
  const isWithinLines = needles.every((needle) => !needle.some(isControl));
  let held: Buffer = Buffer.alloc(0);
  // The same bytes as they will be shown: a value found in them may still be the beginning of another.
  let shown = held;
  return {
    push(chunk) {
      if (needles.length === 0) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const bytes = held.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([held, chunk]);
      const clean = redacted(bytes, shown, needles);
      const kept = Math.min(mostHeld, bytes.length, isWithinLines ? unbrokenEnd(bytes, mostHeld) : mostHeld);
      held = bytes.subarray(bytes.length - kept);
      shown = clean.subarray(clean.length - kept);
      return clean.subarray(0, clean.length - kept);
    },
    flush() {
      const rest = shown;
      held = Buffer.alloc(0);
      shown = held;
      return rest;
    },
  };
}

/** A whole text with these exact values replaced by as many `*` (in UTF-8 bytes). */
export function redactText(values: readonly string[], text: string): string {
  if (!values.some((value) => value !== "" && text.includes(value))) return text;
  const bytes = Buffer.from(text, "utf8");
  const clean = redacted(bytes, Buffer.alloc(0), toNeedles(values));
  return clean === bytes ? text : clean.toString("utf8");
}

// A list is kept as long as its credential, and every header of every answer is looked through with it.
const compiled = new WeakMap<readonly string[], readonly Buffer[]>();

function toNeedles(values: readonly string[]): readonly Buffer[] {
  const known = compiled.get(values) ?? values.filter((value) => value !== "").map((value) => Buffer.from(value, "utf8"));
  compiled.set(values, known);
  return known;
}

// The bytes are left as they are; the answer is a copy if anything in it is hidden.
function redacted(bytes: Buffer, shown: Buffer, needles: readonly Buffer[]): Buffer {
  const found = findAll(bytes, needles);
  if (found.length === 0 && shown.equals(bytes.subarray(0, shown.length))) return bytes;
  const clean = Buffer.concat([shown, bytes.subarray(shown.length)]);
  for (const [from, to] of found) clean.fill(star, from, to);
  return clean;
}

// All matches are found before any is overwritten, so that overlapping values are both hidden whole.
function findAll(bytes: Buffer, needles: readonly Buffer[]): readonly (readonly [from: number, to: number])[] {
  const found: [number, number][] = [];
  for (const needle of needles) {
    for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) found.push([at, at + needle.length]);
  }
  return found;
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
