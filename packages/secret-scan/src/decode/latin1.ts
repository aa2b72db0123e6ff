import { isAscii, isUtf8 } from "node:buffer";
import { marks } from "../archive/marks.ts";
import { asBuffer } from "../bytes.ts";

// Where each byte stands as the character of that number (ISO 8859-1), in UTF-8. A zip's mark is the same.
const marksAsText = marks.map((mark) => Buffer.from(mark.toString("latin1"), "utf8"));

/**
 * The bytes that the characters of a text stand for, as `\x8b` does in many languages, if an archive is among them; else undefined.
 * In a text `\x8b` is a character that is two bytes long, and no archive goes on over those.
 */
export function decodeLatin1(bytes: Uint8Array): Buffer | undefined {
  const buffer = asBuffer(bytes);
  // What is ASCII stands for itself; and both are told faster than where a mark is.
  if (isAscii(buffer) || !isUtf8(buffer) || !marksAsText.some((mark) => buffer.includes(mark))) return undefined;
  return Buffer.from(buffer.toString("utf8"), "latin1");
}
