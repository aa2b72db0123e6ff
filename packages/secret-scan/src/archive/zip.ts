import { asBuffer } from "../bytes.ts";
import { inflateRaw, inflateZstd, type Inflated } from "./inflate.ts";

/** One entry, read from its local header (PKWARE APPNOTE 4.3.7): what a central directory leaves out is seen too. */
export interface ZipEntry {
  readonly name: string;
  /** `consumed` counts the header. */
  readonly content: Inflated;
}

const headerBytes = 30;

export function isZipEntry(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 3 && bytes[at + 3] === 4;
}

/** The entry whose local header the bytes begin with. */
export function readZipEntry(bytes: Uint8Array, mostBytes: number): ZipEntry | "archive-damaged" | "archive-encrypted" | "compression-unknown" {
  if (bytes.length < headerBytes) return "archive-damaged";
  const header = asBuffer(bytes);
  const flags = header.readUInt16LE(6);
  const method = header.readUInt16LE(8);
  const size = header.readUInt32LE(18);
  const nameBytes = header.readUInt16LE(26);
  const start = headerBytes + nameBytes + header.readUInt16LE(28);
  const name = header.subarray(headerBytes, headerBytes + Math.min(nameBytes, 256)).toString("utf8");
  if (flags & 1) return "archive-encrypted";
  // What follows is searched as well, so an entry needs no end: the size may be missing, or a lie.
  const data = header.subarray(start);
  if (method === 0) return { name, content: { bytes: data.subarray(0, Math.min(size, mostBytes)), consumed: start, isWhole: true } };
  if (method === 8) return { name, content: withHeader(inflateRaw(data, mostBytes), start) };
  if (method === 93) return { name, content: withHeader(inflateZstd(size === 0 || size > data.length ? data : data.subarray(0, size), mostBytes), start) };
  return "compression-unknown";
}

function withHeader(content: Inflated, start: number): Inflated {
  return typeof content === "string" ? content : { ...content, consumed: content.consumed + start };
}
