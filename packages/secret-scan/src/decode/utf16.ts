import { asBuffer } from "../bytes.ts";

/** UTF-16 text (little or big endian) as UTF-8, if every other byte of a good part is NUL, or a byte order mark leads; else undefined. */
export function decodeUtf16(bytes: Uint8Array): Buffer | undefined {
  const order = byteOrder(bytes);
  if (order === undefined) return undefined;
  const even = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  const text = (order === "big" ? even.swap16() : even).toString("utf16le");
  return Buffer.from(text, "utf8");
}

function byteOrder(bytes: Uint8Array): "little" | "big" | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "little";
  if (first === 0xfe && second === 0xff) return "big";
  if (!bytes.includes(0)) return undefined;
  let evenNuls = 0;
  let oddNuls = 0;
  const buffer = asBuffer(bytes);
  for (let at = buffer.indexOf(0); at !== -1; at = buffer.indexOf(0, at + 1)) {
    if (at % 2 === 0) evenNuls += 1;
    else oddNuls += 1;
  }
  const least = Math.max(4, bytes.length / 16);
  if (oddNuls < least && evenNuls < least) return undefined;
  return oddNuls >= evenNuls ? "little" : "big";
}
