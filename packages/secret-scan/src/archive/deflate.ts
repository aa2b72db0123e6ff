import { createBits } from "./bits.ts";
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
  return isBlock(bytes) && (((first >> 1) & 3) !== 1 || ((first & 1) === 1 && mayBeFixed(bytes)));
}

const mostSymbols = 64;
/** Whether it is the last block, and of which type. */
const headBits = 3;
/** A length and a distance, less the seven bits that are read first. */
const longestSymbol = 32;
// RFC 1951 §3.2.5: bits that follow a length's code, and those that follow a distance's with the least distance it tells.
const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const lengths = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const lastDistance = 29;

// Of random bytes a block of fixed codes makes no sense after a few symbols: it repeats what is not there. To make an engine for that takes a hundred times as long.
function mayBeFixed(bytes: Uint8Array): boolean {
  const { take, has } = createBits(bytes, headBits);
  let length = 0;
  // A code's first bit is its highest.
  const takeCode = (count: number): number => {
    let code = 0;
    for (let index = 0; index < count; index += 1) code = code << 1 | take(1);
    return code;
  };
  for (let symbols = 0; symbols < mostSymbols; symbols += 1) {
    const code = takeCode(7);
    // What is cut off is for the engine to tell, and so is what ends.
    if (!has(longestSymbol) || code === 0) return true;
    // §3.2.6: 7 bits for 256 to 279, 8 for 0 to 143 and 280 to 287, 9 for 144 to 255.
    if (code >= 24) {
      const eight = code << 1 | take(1);
      if (eight >= 200) take(1);
      if (eight < 192 || eight >= 200) {
        length += 1;
        continue;
      }
      if (!repeats(280 + eight - 192)) return false;
    } else if (!repeats(256 + code)) return false;
  }
  return true;

  function repeats(symbol: number): boolean {
    const index = symbol - 257;
    const bits = lengthBits[index];
    if (bits === undefined) return false;
    const count = (lengths[index] ?? 0) + take(bits);
    const distance = takeCode(5);
    if (distance > lastDistance) return false;
    const more = Math.max(0, (distance >> 1) - 1);
    const far = (distance < 2 ? distance : (2 | distance & 1) << more) + take(more) + 1;
    length += count;
    return far <= length - count;
  }
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
