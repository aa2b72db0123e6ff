import { asBuffer } from "../bytes.ts";
import { decodeEntities } from "./entities.ts";
import { decodeEscapes } from "./escapes.ts";
import { decodeLatin1 } from "./latin1.ts";
import { nearEscapes } from "./near-escapes.ts";
import { decodePercent } from "./percent.ts";
import { decodeUnicode } from "./unicode.ts";
import { decodeUtf16 } from "./utf16.ts";

/** What a whole text is once its escapes are undone, and which those were. */
export interface Respelt {
  readonly via: readonly string[];
  readonly text: Buffer;
}

const escapes: readonly (readonly [kind: string, decode: (bytes: Uint8Array, isOwn: boolean) => Buffer | undefined])[] = [["url", decodePercent], ["escapes", decodeEscapes], ["html", decodeEntities]];
/** Each decoding looks through a text by itself faster than one loop looks for all, if it is longer. */
const longestPlain = 512;
// What is in no text that is only what it is: escapes, control characters but line ends and tabs, what is no ASCII.
const isSpecial = Uint8Array.from({ length: 256 }, (_, byte) => byte < 0x80 && /[\t\n\r -~]/.test(String.fromCharCode(byte)) && !"%&\\".includes(String.fromCharCode(byte)) ? 0 : 1);

/**
 * The other texts that a text is; none for most.
 * @param around how far from an escape what is not escaped goes with it: a whole text unless told
 * @param strange how many of the bytes at most are none of printable ASCII, tabs and line ends
 */
export function respell(bytes: Uint8Array, around: number = Infinity, strange: number = bytes.length): readonly Respelt[] {
  if (isPlain(bytes)) return [];
  const respelt: Respelt[] = [];
  // One after the other: each alone, and those in each other in every order, would be many times the text.
  const via: string[] = [];
  let text = asBuffer(bytes.length <= 2 * around ? bytes : nearEscapes(bytes, around));
  for (const [kind, decode] of escapes) {
    // What was copied already may be changed where it is.
    const decoded = decode(text, text.buffer !== bytes.buffer);
    if (decoded === undefined) continue;
    via.push(kind);
    text = decoded;
  }
  if (via.length > 0) respelt.push({ via, text });
  const raw = via.length === 0 && strange === 0 ? undefined : decodeLatin1(text);
  if (raw !== undefined) respelt.push({ via: [...via, "latin1"], text: raw });
  if (strange === 0) return respelt;
  for (const [kind, decode] of [["utf-16", decodeUtf16], ["unicode", decodeUnicode]] as const) {
    const decoded = decode(bytes, strange);
    if (decoded !== undefined) respelt.push({ via: [kind], text: decoded });
  }
  return respelt;
}

function isPlain(bytes: Uint8Array): boolean {
  if (bytes.length > longestPlain) return false;
  const special = isSpecial;
  for (let at = 0; at < bytes.length; at += 1) if (special[bytes[at] ?? 0] === 1) return false;
  return true;
}
