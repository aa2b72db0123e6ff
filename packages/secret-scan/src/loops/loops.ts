import type { Run } from "../decode/runs.ts";

/** The loops that look at every byte of a text. */
export interface Loops {
  /** What one look at each byte of a text tells. */
  survey(bytes: Uint8Array): Survey;
  /** Puts the bytes between two places that are no noise in a row, from `start` on. @returns where that ends */
  strip(bytes: Uint8Array, between: Run, into: Uint8Array, start: number): number;
  /**
   * Puts into `marks` every other place of the `blockBytes` from `from` on at which three bytes may be that the filter has, the bytes behind the
   * text's end taken for 0. They hold until the next call. @returns how many there are
   */
  mark(bytes: Uint8Array, from: number, filter: Filter): number;
  /** As `mark`, every sixteenth place of those from which on sixteen bytes have any of a class. */
  markSixteens(bytes: Uint8Array, from: number, which: SixteenClass): number;
  readonly marks: Uint32Array;
  /** What tells bytes that are no text from text. */
  tally(bytes: Uint8Array): Tally;
}

/** What begins an escape: of a URL, of most languages, of HTML; or what is none of printable ASCII, tabs and line ends. */
export type SixteenClass = "escape" | "strange";

export interface Tally {
  /** How many control characters there are but tabs and line ends. */
  readonly controls: number;
  /** How many bytes begin a character of UTF-8 that is not gone on with. */
  readonly broken: number;
}

export interface Survey {
  /** Where 16 digits of base64 or more are in a row, of either alphabet. */
  readonly digits: readonly Run[];
  /** Where 16 hex digits or more are in a row, with what may be between them. */
  readonly hex: readonly Run[];
  /** How many bytes there are that are none of printable ASCII, tabs and line ends. */
  readonly strange: number;
}

/** For each slot into which three bytes may fall, `markBytes` if one of those that are looked for does, else 0. */
export type Filter = Uint8Array;

/** What a place takes that is marked. */
export const markBytes: number = Uint32Array.BYTES_PER_ELEMENT;

/** What is looked at at once. */
export const blockBytes: number = 32 << 10;

/** Digits in a row. */
export const shortestRun = 16;

/** Sets the bit in which the two cases of a letter differ; what else falls together by it has to be told apart later. */
export const lowered = 0x202020;

export const slotBits = 15;

/**
 * Spreads the bits of three bytes over a product's upper half (Knuth, TAOCP 3, §6.4). It was chosen among many, since with it little that is frequent
 * in texts falls together with the patterns' literals. By its lowest byte a fourth byte makes no difference.
 */
export const slotMultiplier: number = 0xb58c9300 | 0;

/** The slot of three bytes, the first the lowest, that are `lowered`. */
export function slotOf(three: number): number {
  return Math.imul(three, slotMultiplier) >>> (32 - slotBits);
}
