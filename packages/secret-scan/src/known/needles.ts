import { kept } from "../bytes.ts";
import { spellings } from "../spellings.ts";

/** One spelling of a known secret with all noise dropped: letters, digits and bytes from 0x80 up alone, in order. */
export interface Needle {
  /** Which secret. */
  readonly secret: number;
  readonly bytes: Uint8Array;
  /** Compared without case. */
  readonly isFolded: boolean;
  readonly via: readonly string[];
}

/** A spelling that has to be there to the byte: without its punctuation it would be found by chance. */
export interface ExactNeedle {
  readonly secret: number;
  readonly bytes: Buffer;
}

/** Needles of fewer characters would be found by chance. */
const shortestNeedle = 6;
/** A value that is shorter without its punctuation is looked for with it. */
const shortestTolerant = 8;

/**
 * The needles of one value. Dropping the noise makes one needle of many spellings: both base64 alphabets, padded or not, broken
 * into lines; hex with any delimiter; every character percent-encoded; UTF-16 of ASCII; a value with dots, quotes or blanks put in.
 */
export function toNeedles(secret: number, value: string): { readonly needles: readonly Needle[]; readonly exact: readonly ExactNeedle[] } {
  const forms = spellings(value);
  if (forms.length === 0) return { needles: [], exact: [] };
  const bytes = Buffer.from(value, "utf8");
  const plain = strip(bytes);
  const isTolerant = plain.length >= shortestTolerant;
  const needle = (form: Uint8Array, isFolded: boolean, ...via: readonly string[]): Needle => ({ secret, bytes: strip(form), isFolded, via });
  const plainNeedles = isTolerant
    ? [needle(bytes, false), needle(Buffer.from([...value].toReversed().join("")), false, "reversed"), ...wideForms(value).map((form) => needle(form, false, "utf-16"))]
    : [];
  const needles = [
    ...plainNeedles,
    ...[0, 1, 2].map((before) => needle(base64Inside(bytes, before), false, "base64")),
    ...[0, 1, 2, 3, 4].map((before) => needle(base32Inside(bytes, before), true, "base32")),
    ...["", "x", "0x"].map((prefix) => needle(hex(bytes, prefix), true, "hex")),
  ].filter((one) => one.bytes.length >= shortestNeedle);
  const exact = isTolerant ? [] : [...forms, [...value].toReversed().join("")].map((form) => ({ secret, bytes: Buffer.from(form, "utf8") }));
  return { needles, exact };
}

function strip(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte) => kept[byte] !== 0);
}

// UTF-16 of ASCII is ASCII with noise between.
function wideForms(value: string): readonly Buffer[] {
  const little = Buffer.from(value, "utf16le");
  return /^[\0-\x7f]*$/.test(value) ? [] : [little, Buffer.from(little).swap16()];
}

function hex(bytes: Buffer, prefix: string): Buffer {
  return Buffer.from([...bytes].map((byte) => `${prefix}${byte.toString(16).padStart(2, "0")}`).join(""));
}

// The digits that are the value's alone when so many bytes (of three, or of five) stand before it.
function base64Inside(bytes: Buffer, before: number): Buffer {
  const shifted = Buffer.concat([Buffer.alloc(before), bytes]);
  return Buffer.from(shifted.toString("base64").slice(Math.ceil(before * 8 / 6), Math.floor(shifted.length * 8 / 6)));
}

function base32Inside(bytes: Buffer, before: number): Buffer {
  const bits = [...Buffer.alloc(before), ...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = bits.match(/.{5}/g) ?? [];
  return Buffer.from(groups.slice(Math.ceil(before * 8 / 5)).map((group) => "abcdefghijklmnopqrstuvwxyz234567"[parseInt(group, 2)]).join(""));
}
