import { asBuffer } from "../bytes.ts";
import { gzipData, inflateRaw, isGzip, isZstd, largestBlock } from "./inflate.ts";
import { marks } from "./marks.ts";
import { isXz } from "./xz/inflate-xz.ts";
import { isLikelyHeader, isZipEntry, readZipHeader } from "./zip.ts";

/** No zip's head is longer, nor a block of zstd. */
const longestHead = 192 << 10;
/** A gzip's mark of three bytes is in many bytes by chance, and hardly any head is longer. */
const longestGzipHead = 4 << 10;
/** What is cut off after so many bytes or more is said by who opens it. */
const shortest = 64;
const mostInflated = 64 << 10;
const reservedFlags = 0xe0;
const compressed = 2;
const xzHeadBytes = 12;
/** All heads together are searched for their ends in so many bytes for each one. */
const mostSearched = 16;

/**
 * Whether an archive begins near the end of what came out of another, so that no sense is made of it there. If bytes follow the other, it may go on in these:
 * one can be made such that the end of what it stores is the head of the next.
 */
export function isBegun(content: Uint8Array): boolean {
  const bytes = asBuffer(content).subarray(-longestHead);
  let searched = 0;
  for (const mark of marks) {
    for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 1)) {
      const data = dataOf(bytes, at);
      if (data > bytes.length - shortest && isCut(bytes, at, data)) return true;
      searched += data - at;
      if (searched > mostSearched * bytes.length) return true;
    }
  }
  return false;
}

// Where what is compressed begins: behind the end if the head goes on there. The place itself if it is a mark alone.
function dataOf(bytes: Buffer, at: number): number {
  if (isGzip(bytes, at)) return isLikelyGzip(bytes.subarray(at)) ? gzipData(bytes, at) ?? bytes.length : at;
  if (isZipEntry(bytes, at)) return isLikelyHeader(bytes.subarray(at)) ? at + (readZipHeader(bytes.subarray(at))?.start ?? bytes.length - at) : at;
  if (isXz(bytes, at)) return at + xzHeadBytes;
  return isZstd(bytes, at) ? zstdData(bytes, at) : at;
}

function isLikelyGzip(bytes: Buffer): boolean {
  const [flags = 0, extra = 0, extraHigh = 0] = [bytes[3], bytes[10], bytes[11]];
  return bytes.length <= longestGzipHead && (flags & reservedFlags) === 0 && ((flags & 4) === 0 || (extra | extraHigh << 8) <= longestGzipHead);
}

// RFC 8878 §3.1.1: behind the end if the first block is compressed, without a dictionary, and goes on there.
function zstdData(bytes: Buffer, at: number): number {
  const flags = bytes[at + 4] ?? 0;
  if ((flags & 0x0f) !== 0) return at;
  const isSingle = (flags >> 5) & 1;
  const block = at + 5 + (1 - isSingle) + ([isSingle, 2, 4, 8][flags >> 6] ?? 0);
  if (block + 3 > bytes.length) return bytes.length;
  const head = bytes.readUIntLE(block, 3);
  const isCut = (head >> 1 & 3) === compressed && head >> 3 <= largestBlock && block + 3 + (head >> 3) > bytes.length;
  return isCut ? bytes.length : at;
}

function isCut(bytes: Buffer, at: number, data: number): boolean {
  if (data >= bytes.length) return true;
  if (!isGzip(bytes, at) && !isZipEntry(bytes, at)) return false;
  const inflated = inflateRaw(bytes.subarray(data), mostInflated);
  return typeof inflated === "object" && !inflated.isWhole;
}
