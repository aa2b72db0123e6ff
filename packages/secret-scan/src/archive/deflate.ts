import { isZlib } from "./inflate.ts";

/** Whether zlib begins there: a mark of two bytes, and a block that can be inflated. Nothing comes of any other. */
export function isMarkedDeflate(bytes: Uint8Array): boolean {
  return isZlib(bytes, 0) && isBlock(bytes.subarray(zlibData(bytes)));
}

/** Where zlib's data begin (RFC 1950 §2.2: a dictionary's id may come first). */
export function zlibData(bytes: Uint8Array): number {
  return (bytes[1] ?? 0) & 0x20 ? 6 : 2;
}

/** Whether bytes without a mark may be raw deflate. A small text is one block of fixed codes. */
export function mayBeDeflate(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return isBlock(bytes) && (((first >> 1) & 3) !== 1 || (first & 1) === 1);
}

/** RFC 1951 §3.2.3: a stored block says its length twice; dynamic codes are at most 30, and the code in which their lengths are leaves no room. */
export function isBlock(bytes: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = bytes;
  const type = (first >> 1) & 3;
  if (type === 0) return (second ^ fourth) === 0xff && (third ^ fifth) === 0xff;
  return type === 1 || (type === 2 && first >> 3 <= 29 && (second & 31) <= 29 && isFull(bytes));
}

// Three bits each (§3.2.7), from the 17th on. What is cut off within them gives nothing in either case.
function isFull(bytes: Uint8Array): boolean {
  const count = 4 + ((bytes[1] ?? 0) >> 5 | ((bytes[2] ?? 0) & 1) << 3);
  let room = 128;
  for (let index = 0; index < count; index += 1) {
    const at = 17 + 3 * index;
    const length = ((bytes[at >> 3] ?? 0) | (bytes[(at >> 3) + 1] ?? 0) << 8) >> (at & 7) & 7;
    if (length > 0) room -= 128 >> length;
  }
  return room === 0;
}
