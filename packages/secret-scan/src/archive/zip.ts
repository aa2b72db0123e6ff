import { asBuffer } from "../bytes.ts";

/** What a local header (PKWARE APPNOTE 4.3.7) says: so what a central directory leaves out is seen too. */
export interface ZipHeader {
  readonly name: string;
  readonly isEncrypted: boolean;
  readonly method: number;
  /** Of the data; 0 if it is said behind them, and anything if it is a lie. */
  readonly size: number;
  /** Where the data begin, from the header on. */
  readonly start: number;
  /** Whether it is as programs write it, so that four bytes of a text or a program are not taken for one. */
  readonly isLikely: boolean;
}

/** Compression methods (4.4.5). */
export const stored = 0;
export const deflated = 8;
export const zstandard = 93;
export const xz = 95;

const opened = new Set([stored, deflated, zstandard, xz]);
const headerBytes = 30;
const directoryBytes = 46;
/** Those that are known otherwise: shrunk to imploded, Deflate64, bzip2, LZMA, IBM's, JPEG, WavPack, PPMd, AES. */
const others = new Set([1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 14, 16, 18, 19, 20, 94, 96, 97, 98, 99]);
// 4.4.3: the version in tenths, and of which system.
const newestVersion = 63;
const lastSystem = 20;
const longestName = 4096;

export function isZipEntry(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 3 && bytes[at + 3] === 4;
}

export function isZipDirectory(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x50 && bytes[at + 1] === 0x4b && bytes[at + 2] === 1 && bytes[at + 3] === 2;
}

/** Reads of an entry of the directory (4.3.12) that the bytes begin with what a local header may lie about; undefined if it is not as programs write it. */
export function readZipDirectory(bytes: Uint8Array): Pick<ZipHeader, "isEncrypted" | "method"> | undefined {
  if (bytes.length < directoryBytes) return undefined;
  const header = asBuffer(bytes);
  const [method, nameBytes] = [header.readUInt16LE(10), header.readUInt16LE(28)];
  const isLikely = nameBytes > 0 && directoryBytes + nameBytes <= bytes.length;
  return isLikely && isWritten(header.subarray(6), method, nameBytes) ? { isEncrypted: (header.readUInt16LE(8) & 1) === 1, method } : undefined;
}

/** Whether an entry is compressed in a way that is read. */
export function isOpenable(method: number): boolean {
  return opened.has(method);
}

/** Reads the local header that the bytes begin with; undefined if they end before it does. */
export function readZipHeader(bytes: Uint8Array): ZipHeader | undefined {
  if (bytes.length < headerBytes) return undefined;
  const header = asBuffer(bytes);
  const method = header.readUInt16LE(8);
  const nameBytes = header.readUInt16LE(26);
  const start = headerBytes + nameBytes + header.readUInt16LE(28);
  if (start > header.length) return undefined;
  return {
    name: header.subarray(headerBytes, headerBytes + Math.min(nameBytes, 256)).toString("utf8"),
    isEncrypted: (header.readUInt16LE(6) & 1) === 1, method, size: header.readUInt32LE(18), start,
    isLikely: isLikelyHeader(header),
  };
}

/** Whether a local header is as programs write it, as far as it is there. */
export function isLikelyHeader(bytes: Uint8Array): boolean {
  const header = Buffer.alloc(headerBytes);
  header.set(bytes.subarray(0, headerBytes));
  const [method, nameBytes, isCut] = [header.readUInt16LE(8), header.readUInt16LE(26), bytes.length < headerBytes];
  return (nameBytes > 0 || isCut) && isWritten(header.subarray(4), method, nameBytes);
}

// Whether programs write such: the version and the system that an entry needs, its method, and how long its name is.
function isWritten([version = 0, system = 0]: Buffer, method: number, nameBytes: number): boolean {
  return version <= newestVersion && system <= lastSystem && nameBytes <= longestName && (opened.has(method) || others.has(method));
}
