import type { Run } from "../decode/runs.ts";

const lineEnd = Buffer.from("\n");
// Printable ASCII and blanks.
const isText = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13) ? 1 : 0);

/** Bytes without those of the stretches that are no text, one piece after the other in lines of its own: what was opened, and has no escapes of its own. */
export function outside(bytes: Uint8Array, stretches: readonly Run[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const [begin, end] of stretches) {
    if (begin < from || !isBinary(bytes.subarray(begin, end))) continue;
    if (begin > from) parts.push(bytes.subarray(from, begin), lineEnd);
    from = end;
  }
  return from === 0 && parts.length === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)]);
}

// Compressed bytes are those of a text in three cases of eight.
function isBinary(bytes: Uint8Array): boolean {
  let text = 0;
  for (let at = 0; at < bytes.length; at += 1) text += isText[bytes[at] ?? 0] ?? 0;
  return text * 8 < bytes.length * 7;
}
