import { brotliDecompressSync, constants, inflateRawSync, zstdDecompressSync, type BrotliDecompress, type InflateRaw, type ZstdDecompress } from "node:zlib";

const rle = 1;
const compressed = 2;
const mostBlocks = 1024;
/** Blocks that are a byte and how often it comes. By chance one in 64 heads is of such a block. */
const manyRepeated = 4;
/** RFC 8878 §3.1.1.2.4 */
export const largestBlock = 128 << 10;
/** What a beginning is asked for whether it gives anything. */
const mostGiven = 1 << 20;

/** Where one of several that follow each other begins with its mark, and its compressed bytes are, which may have a head before them. */
export interface Member {
  readonly from: number;
  readonly data: number;
  readonly end: number;
}

/** What compressed bytes became, and how many of them it took; or why not. */
export type Inflated =
  | { readonly bytes: Buffer; readonly consumed: number; readonly isWhole: boolean; readonly members?: readonly Member[] }
  | "too-large" | "damaged";

/** RFC 1951; what is cut short gives what there is. */
export function inflateRaw(bytes: Uint8Array, mostBytes: number): Inflated {
  return attempt(() => {
    // The declared type knows nothing of `info`.
    const { buffer, engine } = inflateRawSync(bytes, { maxOutputLength: Math.max(1, mostBytes), finishFlush: constants.Z_SYNC_FLUSH, info: true }) as unknown as { readonly buffer: Buffer; readonly engine: InflateRaw };
    return { bytes: buffer, consumed: engine.bytesWritten, isWhole: engine.bytesWritten < bytes.length || isFinished(bytes, buffer.length) };
  });
}

/** What bytes give of raw deflate before they make no sense or become too many, looked for by halves: for a few hundred. */
export function inflateBeginning(bytes: Uint8Array, mostBytes: number): Buffer {
  let most: Buffer = Buffer.alloc(0);
  withoutTraces(() => {
    for (let good = 0, bad = bytes.length + 1; bad - good > 1;) {
      const middle = (good + bad) >> 1;
      try {
        most = inflateRawSync(bytes.subarray(0, middle), { maxOutputLength: mostBytes, finishFlush: constants.Z_SYNC_FLUSH });
        good = middle;
      } catch {
        bad = middle;
      }
    }
  });
  return most;
}

/**
 * RFC 1952, member after member; checksums do not matter, so that a wrong one hides nothing.
 * @param isAllowed asked for each member but the first, since one may give nothing and yet take its time
 */
export function inflateGzip(bytes: Uint8Array, mostBytes: number, isAllowed: () => boolean): Inflated {
  const parts: Buffer[] = [];
  const members: Member[] = [];
  let from = 0;
  let left = mostBytes;
  let isWhole = true;
  for (let next = 0; isGzip(bytes, next); from = next) {
    const start = gzipData(bytes, next);
    if (start === undefined) break;
    if (parts.length > 0 && !isAllowed()) return "too-large";
    const member = inflateRaw(bytes.subarray(start), left);
    if (member === "too-large") return member;
    if (member === "damaged") {
      isWhole = false;
      break;
    }
    parts.push(member.bytes);
    left -= member.bytes.length;
    isWhole = member.isWhole;
    next = start + member.consumed + 8;
    members.push({ from, data: start, end: Math.min(next, bytes.length) });
  }
  return parts.length === 0 ? "damaged" : { bytes: Buffer.concat(parts), consumed: Math.min(from, bytes.length), isWhole, members };
}

/** RFC 1950; its checksum does not matter. */
export function inflateZlib(bytes: Uint8Array, mostBytes: number): Inflated {
  return isZlib(bytes, 0) ? inflateRaw(bytes.subarray((bytes[1] ?? 0) & 0x20 ? 6 : 2), mostBytes) : "damaged";
}

/** RFC 7932 */
export function inflateBrotli(bytes: Uint8Array, mostBytes: number): Inflated {
  return attempt(() => whole(brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, mostBytes), info: true })));
}

/**
 * RFC 8878 §3.1.1: whether the first compressed block of a frame gives anything, or several are a byte that is repeated. What stands before it as it is can be
 * read as it is.
 */
export function hasZstdBlock(bytes: Uint8Array): boolean {
  const flags = bytes[4] ?? 0;
  const isSingle = (flags >> 5) & 1;
  let at = 5 + (1 - isSingle) + ([0, 1, 2, 4][flags & 3] ?? 0) + ([isSingle, 2, 4, 8][flags >> 6] ?? 0);
  let repeated = 0;
  for (let blocks = 0; blocks < mostBlocks && at + 3 <= bytes.length; blocks += 1) {
    const head = (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0) << 16;
    const type = (head >> 1) & 3;
    at += 3 + (type === rle ? 1 : head >> 3);
    if (type === compressed) return givesAny(bytes.subarray(0, at));
    if (type === rle && head >> 3 <= largestBlock) repeated += 1;
    if (repeated === manyRepeated) return true;
    if (type > compressed || (head & 1) === 1) return false;
  }
  return false;
}

function givesAny(bytes: Uint8Array): boolean {
  const begin = inflateZstdBeginning(bytes, mostGiven);
  return begin === "too-large" || (typeof begin === "object" && begin.bytes.length > 0);
}

/** RFC 8878, of a frame that may go on behind the bytes. */
export function inflateZstdBeginning(bytes: Uint8Array, mostBytes: number): Inflated {
  return attempt(() => whole(zstdDecompressSync(bytes, { maxOutputLength: mostBytes, finishFlush: constants.ZSTD_e_flush, info: true })));
}

/** RFC 8878, of several frames the first. */
export function inflateZstd(bytes: Uint8Array, mostBytes: number): Inflated {
  return attempt(() => whole(zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, mostBytes), info: true })));
}

// The declared types know nothing of `info`.
function whole(result: unknown): Exclude<Inflated, string> {
  const { buffer, engine } = result as { readonly buffer: Buffer; readonly engine: BrotliDecompress | ZstdDecompress };
  return { bytes: buffer, consumed: engine.bytesWritten, isWhole: true };
}

/** RFC 1952 §2.3.1: the two magic bytes, or the older ones that GNU gzip opens; deflate. Most programs, Python among them, open it with reserved flags as well. */
export function isGzip(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x1f && (bytes[at + 1] === 0x8b || bytes[at + 1] === 0x9e) && bytes[at + 2] === 8 && at + 3 < bytes.length;
}

/** Whether a gzip has the mark of today, and no reserved flag. */
export function isUsualGzip(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 1] === 0x8b && ((bytes[at + 3] ?? 255) & 0xe0) === 0;
}

/** RFC 1950 §2.2: deflate, a window of at most 32 KiB, the check bits. */
export function isZlib(bytes: Uint8Array, at: number): boolean {
  const method = bytes[at] ?? 0;
  return (method & 0x8f) === 8 && (method << 8 | (bytes[at + 1] ?? 0)) % 31 === 0;
}

/** RFC 8878 §3.1.1 */
export function isZstd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x28 && bytes[at + 1] === 0xb5 && bytes[at + 2] === 0x2f && bytes[at + 3] === 0xfd;
}

/** Where the deflate data of the gzip member that begins there begin (RFC 1952 §2.3). */
export function gzipData(bytes: Uint8Array, from: number): number | undefined {
  const flags = bytes[from + 3] ?? 0;
  let at = from + 10;
  if (flags & 4) at += 2 + (bytes[at] ?? 0) + ((bytes[at + 1] ?? 0) << 8);
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end === -1) return undefined;
    at = end + 1;
  }
  if (flags & 2) at += 2;
  return at < bytes.length ? at : undefined;
}

// Whether all input was needed because the data ended there: then the same without its last byte gives no less, or fails to end.
function isFinished(bytes: Uint8Array, length: number): boolean {
  return attempt(() => {
    const whole = inflateRawSync(bytes, { maxOutputLength: Math.max(1, length + 1) });
    return { bytes: whole, consumed: bytes.length, isWhole: true };
  }) !== "damaged";
}

function attempt(inflate: () => Exclude<Inflated, string>): Inflated {
  return withoutTraces(() => {
    try {
      return inflate();
    } catch (error) {
      return error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? "too-large" : "damaged";
    }
  });
}

// Most attempts fail, and to note where would take longer than they do.
function withoutTraces<T>(run: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
