import { crc32 } from "node:zlib";
import { asBuffer } from "../../bytes.ts";
import type { Inflated, Member } from "../inflate.ts";
import { LzmaDecoder } from "./lzma.ts";
import { decodeLzma2, type Decoded } from "./lzma2.ts";
import { Output } from "./output.ts";

// The .xz File Format, version 1.2.1, whose paragraphs are named below.
const mark = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const headBytes = 12;
const footerBytes = 12;
const crcBytes = 4;
const lzma2 = 0x21;
const largestDictionary = 40;
const mostVliBytes = 9;
/** By the last of the stream's flags (§2.1.1.2). */
const checkBytes = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/** A compressed part of a stream (§3), as its index lists it. */
interface Block {
  readonly unpadded: number;
  readonly uncompressed: number;
}

interface BlockHead {
  readonly bytes: number;
  readonly compressed: number | undefined;
  readonly uncompressed: number | undefined;
}

/** §2.1.1.1 */
export function isXz(bytes: Uint8Array, at: number): boolean {
  return mark.every((byte, index) => bytes[at + index] === byte);
}

/** Whether the heads of the stream and of its first block have the checksums that every program writes and asks for (§2.1.1.3, §3.1.7). */
export function hasXzBlock(bytes: Uint8Array): boolean {
  return isChecked(bytes.subarray(mark.length, headBytes)) && isChecked(bytes.subarray(headBytes, headBytes + blockHeadBytes(bytes, headBytes)));
}

function isChecked(bytes: Uint8Array): boolean {
  const sum = bytes.length - crcBytes;
  return sum > 0 && crc32(bytes.subarray(0, sum)) === asBuffer(bytes).readUInt32LE(sum);
}

/**
 * The .xz file format, stream after stream; checksums do not matter, so that a wrong one hides nothing. What is cut short or damaged gives what there is
 * before. "unknown" if it has filters other than LZMA2, as for programs of one processor.
 * @param isAllowed asked for each stream but the first, and in one for each block but the first that gives nothing, since they take their time
 */
export function inflateXz(bytes: Uint8Array, mostBytes: number, isAllowed: () => boolean): Inflated | "unknown" {
  const output = new Output(mostBytes);
  const lzma = new LzmaDecoder(output);
  const members: Member[] = [];
  let isWhole = true;
  for (let from = 0; isWhole && isXz(bytes, from);) {
    if (members.length > 0 && !isAllowed()) return "too-large";
    const stream = readStream(bytes, from, lzma, isAllowed);
    if (typeof stream === "string") return stream;
    if (!stream.isWhole && output.length === 0 && members.length === 0) break;
    isWhole = stream.isWhole;
    members.push({ from, data: from, end: stream.end });
    from = stream.end;
    // §2.2
    while (isWhole && isZero(bytes, from, 4)) from += 4;
  }
  const consumed = members.at(-1)?.end;
  return consumed === undefined ? "damaged" : { bytes: output.take(), consumed, isWhole, members };
}

function readStream(bytes: Uint8Array, from: number, lzma: LzmaDecoder, isAllowed: () => boolean): Decoded | "unknown" {
  const [reserved, check = 0] = bytes.subarray(from + mark.length, from + headBytes);
  const checked = checkBytes[check];
  const damaged = { end: from, isWhole: false };
  if (reserved !== 0 || checked === undefined) return damaged;
  const blocks: Block[] = [];
  let at = from + headBytes;
  while ((bytes[at] ?? 0) !== 0) {
    const head = readBlockHead(bytes, at);
    if (head === "unknown") return head;
    if (head === "damaged") return damaged;
    const data = at + head.bytes;
    const { length } = lzma.output;
    const decoded = decodeLzma2(bytes, data, lzma);
    if (decoded === "too-large" || !decoded.isWhole) return decoded;
    const { end } = decoded;
    damaged.end = end;
    const [compressed, uncompressed] = [end - data, lzma.output.length - length];
    if (uncompressed === 0 && blocks.length > 0 && !isAllowed()) return "too-large";
    const padding = -compressed & 3;
    if ((head.compressed ?? compressed) !== compressed || (head.uncompressed ?? uncompressed) !== uncompressed || !isZero(bytes, end, padding)) return damaged;
    blocks.push({ unpadded: head.bytes + compressed + checked, uncompressed });
    at = end + padding + checked;
  }
  const index = encodeIndex(blocks);
  const footer = at + index.length + crcBytes;
  const end = footer + footerBytes;
  const isWhole = isAt(bytes, at, index) && end <= bytes.length && isFooter(bytes.subarray(footer, end), { check, indexBytes: footer - at });
  return isWhole ? { end, isWhole } : damaged;
}

// §3.1
function readBlockHead(bytes: Uint8Array, from: number): BlockHead | "unknown" | "damaged" {
  const length = blockHeadBytes(bytes, from);
  const head = bytes.subarray(from, from + length - crcBytes);
  const flags = head[1] ?? 255;
  if (head.length < length - crcBytes || (flags & 0x3c) !== 0) return "damaged";
  const vli = createVliReader(head, 2);
  const compressed = flags & 0x40 ? vli.next() : undefined;
  const uncompressed = flags & 0x80 ? vli.next() : undefined;
  if ((flags & 3) !== 0 || vli.next() !== lzma2) return "unknown";
  const properties = vli.next();
  const dictionary = head[vli.at] ?? 255;
  // §5.3.1
  if (properties !== 1 || dictionary > largestDictionary || !isZero(head, vli.at + 1, head.length - vli.at - 1)) return "damaged";
  return { bytes: length, compressed, uncompressed };
}

// §3.1.1
function blockHeadBytes(bytes: Uint8Array, from: number): number {
  return 4 * ((bytes[from] ?? 0) + 1);
}

// §1.2: seven bits in a byte, the lowest first. NaN if it does not end.
function createVliReader(bytes: Uint8Array, from: number): { readonly at: number; next(): number } {
  let at = from;
  return {
    get at() {
      return at;
    },
    next() {
      let value = 0;
      for (let index = 0; index < mostVliBytes; index += 1) {
        const byte = bytes[at] ?? 0x80;
        at += 1;
        value += (byte & 0x7f) * 128 ** index;
        if (byte < 0x80) return value;
      }
      return NaN;
    },
  };
}

function encodeVli(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push(rest % 0x80 | 0x80);
  return [...bytes, rest];
}

// §4, without its checksum. A number has one encoding alone, so that an index is either this or wrong, and has no room for anything else.
function encodeIndex(blocks: readonly Block[]): Buffer {
  const bytes = [0, ...encodeVli(blocks.length), ...blocks.flatMap(({ unpadded, uncompressed }) => [...encodeVli(unpadded), ...encodeVli(uncompressed)])];
  return Buffer.concat([Buffer.from(bytes), Buffer.alloc(-bytes.length & 3)]);
}

// §2.1.2
function isFooter(bytes: Uint8Array, { check, indexBytes }: { readonly check: number; readonly indexBytes: number }): boolean {
  const footer = asBuffer(bytes);
  return footer.readUInt32LE(4) === indexBytes / 4 - 1 && footer[8] === 0 && footer[9] === check && footer.toString("latin1", 10) === "YZ";
}

function isAt(bytes: Uint8Array, from: number, expected: Uint8Array): boolean {
  return asBuffer(bytes.subarray(from, from + expected.length)).equals(expected);
}

function isZero(bytes: Uint8Array, from: number, count: number): boolean {
  for (let at = from; at < from + count; at += 1) if (bytes[at] !== 0) return false;
  return true;
}
