import { brotliDecompressSync, constants, inflateRawSync, zstdDecompressSync, type BrotliDecompress, type InflateRaw, type ZstdDecompress } from "node:zlib";

/** What compressed bytes became, and how many of them it took; or why not. */
export type Inflated = { readonly bytes: Buffer; readonly consumed: number; readonly isWhole: boolean } | "too-large" | "damaged";

/** RFC 1951; what is cut short gives what there is. */
export function inflateRaw(bytes: Uint8Array, mostBytes: number): Inflated {
  return attempt(() => {
    // The declared type knows nothing of `info`.
    const { buffer, engine } = inflateRawSync(bytes, { maxOutputLength: Math.max(1, mostBytes), finishFlush: constants.Z_SYNC_FLUSH, info: true }) as unknown as { readonly buffer: Buffer; readonly engine: InflateRaw };
    return { bytes: buffer, consumed: engine.bytesWritten, isWhole: engine.bytesWritten < bytes.length || isFinished(bytes, buffer.length) };
  });
}

/** RFC 1952, member after member; checksums do not matter, so that a wrong one hides nothing. */
export function inflateGzip(bytes: Uint8Array, mostBytes: number): Inflated {
  const members: Buffer[] = [];
  let from = 0;
  let left = mostBytes;
  let isWhole = true;
  while (isGzip(bytes, from)) {
    const start = gzipData(bytes, from);
    if (start === undefined) return members.length === 0 ? "damaged" : { bytes: Buffer.concat(members), consumed: from, isWhole };
    const member = inflateRaw(bytes.subarray(start), left);
    if (member === "too-large") return member;
    if (member === "damaged") return members.length === 0 ? member : { bytes: Buffer.concat(members), consumed: from, isWhole: false };
    members.push(member.bytes);
    left -= member.bytes.length;
    isWhole = member.isWhole;
    from = start + member.consumed + 8;
  }
  return members.length === 0 ? "damaged" : { bytes: Buffer.concat(members), consumed: Math.min(from, bytes.length), isWhole };
}

/** RFC 1950; its checksum does not matter. */
export function inflateZlib(bytes: Uint8Array, mostBytes: number): Inflated {
  return isZlib(bytes, 0) ? inflateRaw(bytes.subarray((bytes[1] ?? 0) & 0x20 ? 6 : 2), mostBytes) : "damaged";
}

/** RFC 7932 */
export function inflateBrotli(bytes: Uint8Array, mostBytes: number): Inflated {
  return attempt(() => whole(brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, mostBytes), info: true })));
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

/** RFC 1952 §2.3.1: the two magic bytes, deflate, no reserved flag. */
export function isGzip(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x1f && bytes[at + 1] === 0x8b && bytes[at + 2] === 8 && ((bytes[at + 3] ?? 255) & 0xe0) === 0;
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

// Where a gzip member's deflate data begins (RFC 1952 §2.3).
function gzipData(bytes: Uint8Array, from: number): number | undefined {
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
  try {
    return inflate();
  } catch (error) {
    return error instanceof RangeError && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? "too-large" : "damaged";
  }
}
