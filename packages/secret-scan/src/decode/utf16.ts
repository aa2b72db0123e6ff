import { asBuffer } from "../bytes.ts";

const shortestText = 6;
const lineEnd = 0x0a;
// Printable ASCII, tabs and line ends.
const isText = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13 ? 1 : 0);

/**
 * UTF-16 text (little or big endian) as UTF-8, if every other byte of a good part is NUL, or a byte order mark leads; of bytes that are no
 * text only the ASCII in it; else undefined.
 */
export function decodeUtf16(bytes: Uint8Array): Buffer | undefined {
  const order = byteOrder(bytes);
  if (order === undefined) return undefined;
  if (order === "neither") return wideTexts(bytes);
  const even = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  const text = (order === "big" ? even.swap16() : even).toString("utf16le");
  return Buffer.from(text, "utf8");
}

function byteOrder(bytes: Uint8Array): "little" | "big" | "neither" | undefined {
  const [first, second] = bytes;
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (!isMarked && !bytes.includes(0)) return undefined;
  let evenNuls = 0;
  let oddNuls = 0;
  let pairs = 0;
  const buffer = asBuffer(bytes);
  for (let at = buffer.indexOf(0); at !== -1; at = nextNul(buffer, at + 1)) {
    if (at % 2 !== 0) oddNuls += 1;
    else {
      evenNuls += 1;
      if (buffer[at + 1] === 0) pairs += 1;
    }
  }
  const least = Math.max(4, bytes.length / 16);
  if (!isMarked && oddNuls < least && evenNuls < least) return undefined;
  // Text has hardly any character NUL, and a program is full of them.
  if (pairs * 100 > bytes.length) return "neither";
  if (isMarked) return first === 0xff ? "little" : "big";
  return oddNuls >= evenNuls ? "little" : "big";
}

// Where one is the next is near, most often.
function nextNul(bytes: Buffer, from: number): number {
  for (let at = from; at < from + 16 && at < bytes.length; at += 1) if (bytes[at] === 0) return at;
  return bytes.indexOf(0, from + 16);
}

// Characters with a NUL after each, or before each: of those at the ends nobody knows, so both are told.
function wideTexts(bytes: Uint8Array): Buffer {
  const buffer = asBuffer(bytes);
  const out = Buffer.allocUnsafe(2 * bytes.length);
  let length = 0;
  const tell = (from: number, to: number): void => {
    if ((to - from >> 1) + 1 < shortestText) return;
    for (let at = from; at <= to; at += 2) {
      out[length] = buffer[at] ?? 0;
      length += 1;
    }
    out[length] = lineEnd;
    length += 1;
  };
  for (let nul = buffer.indexOf(0); nul !== -1;) {
    const first = nul > 0 && isText[buffer[nul - 1] ?? 0] === 1 ? nul - 1 : nul + 1;
    let last = nul - 1;
    while (last + 1 < buffer.length && buffer[last + 1] === 0 && isText[buffer[last + 2] ?? 0] === 1) last += 2;
    tell(first, buffer[last + 1] === 0 ? last : last - 2);
    if (first !== nul + 1 || buffer[last + 1] !== 0) tell(nul + 1, last);
    nul = nextNul(buffer, Math.max(nul, last) + 1);
  }
  return out.subarray(0, length);
}
