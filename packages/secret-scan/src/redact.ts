const star = 0x2a;

/** Replaces known values in a stream of bytes by as many `*`, so that lengths announced earlier stay true. */
export interface Redactor {
  /** The bytes that can be passed on now. Only an end that may begin a value is held back. */
  push(chunk: Uint8Array): Buffer;
  /** What was held back, at the end of the stream. */
  flush(): Buffer;
}

/** A redactor for these exact values (UTF-8); empty ones are ignored. Never throws, keeps at most the longest value's length. */
export function createRedactor(values: readonly string[]): Redactor {
  const needles = toNeedles(values);
  let held = Buffer.alloc(0);
  return {
    push(chunk) {
      if (needles.length === 0) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const bytes = Buffer.concat([held, chunk]);
      const kept = heldBack(bytes, needles);
      overwrite(bytes, needles);
      held = bytes.subarray(bytes.length - kept);
      return bytes.subarray(0, bytes.length - kept);
    },
    flush() {
      const rest = held;
      held = Buffer.alloc(0);
      return rest;
    },
  };
}

/** A whole text with these exact values replaced by as many `*` (in UTF-8 bytes). */
export function redactText(values: readonly string[], text: string): string {
  const bytes = Buffer.from(text, "utf8");
  return overwrite(bytes, toNeedles(values)) ? bytes.toString("utf8") : text;
}

function toNeedles(values: readonly string[]): readonly Buffer[] {
  return values.filter((value) => value !== "").map((value) => Buffer.from(value, "utf8"));
}

// All matches are found before any is overwritten, so that overlapping values are both hidden whole.
function overwrite(bytes: Buffer, needles: readonly Buffer[]): boolean {
  const found: [number, number][] = [];
  for (const needle of needles) {
    for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) found.push([at, at + needle.length]);
  }
  for (const [from, to] of found) bytes.fill(star, from, to);
  return found.length > 0;
}

function heldBack(bytes: Buffer, needles: readonly Buffer[]): number {
  return Math.max(0, ...needles.map((needle) => unfinished(bytes, needle)));
}

// The longest end of `bytes` that is a proper beginning of `needle`.
function unfinished(bytes: Buffer, needle: Buffer): number {
  let from = Math.max(0, bytes.length - needle.length + 1);
  for (from = bytes.indexOf(needle[0] ?? 0, from); from !== -1; from = bytes.indexOf(needle[0] ?? 0, from + 1)) {
    const length = bytes.length - from;
    if (bytes.compare(needle, 0, length, from) === 0) return length;
  }
  return 0;
}
