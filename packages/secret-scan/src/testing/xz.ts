import { crc32 } from "node:zlib";

/** What an xz stream of one block may say other than it should. */
export interface XzLies {
  /** As in the block's head, those of LZMA2 unless told. */
  readonly filters?: readonly number[];
  readonly filterCount?: number;
  readonly headPadding?: number;
  readonly padding?: number;
  /** In the index. */
  readonly uncompressed?: number;
  readonly blocks?: number;
  readonly indexPadding?: number;
  readonly backward?: number;
  readonly footerCheck?: number;
  readonly end?: string;
}

const mark = Buffer.from("fd377a585a00", "hex");
const lzma2 = [0x21, 1, 22];

/** A stream of the .xz format (version 1.2.1) with one block, of LZMA2 chunks that become so many bytes, without a check. */
export function xzOf(chunks: Buffer, uncompressed: number, lies: XzLies = {}): Buffer {
  const { filters = lzma2, filterCount = 1, headPadding = 0, padding = 0 } = lies;
  const flags = Buffer.from([0, 0]);
  const fields = [filterCount - 1, ...filters];
  const size = Math.ceil((1 + fields.length + 4) / 4) * 4;
  const block = withSum(Buffer.concat([Buffer.from([size / 4 - 1, ...fields]), Buffer.alloc(size - 5 - fields.length, headPadding)]));
  const records = [lies.blocks ?? 1, ...vli(block.length + chunks.length), ...vli(lies.uncompressed ?? uncompressed)];
  const index = withSum(Buffer.concat([Buffer.from([0, ...records]), Buffer.alloc(-1 - records.length & 3, lies.indexPadding ?? 0)]));
  const backward = Buffer.alloc(4);
  backward.writeUInt32LE(lies.backward ?? index.length / 4 - 1);
  const footer = Buffer.concat([backward, Buffer.from([0, lies.footerCheck ?? 0])]);
  return Buffer.concat([mark, withSum(flags), block, chunks, Buffer.alloc(-chunks.length & 3, padding), index, sum(footer), footer, Buffer.from(lies.end ?? "YZ")]);
}

/** An LZMA2 chunk of bytes as they are, without one that ends the chunks. */
export function storedChunk(bytes: Uint8Array, control = 1): Buffer {
  return Buffer.concat([Buffer.from([control, bytes.length - 1 >> 8, bytes.length - 1 & 0xff]), bytes]);
}

/** An LZMA2 chunk of LZMA that becomes so many bytes, with the properties if it sets them. */
export function lzmaChunk(packed: Uint8Array, uncompressed: number, { control = 0xe0, properties = 0x5d } = {}): Buffer {
  const head = [control | uncompressed - 1 >> 16, uncompressed - 1 >> 8 & 0xff, uncompressed - 1 & 0xff, packed.length - 1 >> 8, packed.length - 1 & 0xff];
  return Buffer.concat([Buffer.from(control >= 0xc0 ? [...head, properties] : head), packed]);
}

function vli(value: number): readonly number[] {
  return value < 0x80 ? [value] : [value & 0x7f | 0x80, ...vli(value >> 7)];
}

function withSum(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, sum(bytes)]);
}

function sum(bytes: Buffer): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32LE(crc32(bytes));
  return four;
}
