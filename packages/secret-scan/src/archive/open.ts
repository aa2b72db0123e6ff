import { isAscii } from "node:buffer";
import { asBuffer } from "../bytes.ts";
import type { Budget } from "../limits.ts";
import { inflateBrotli, inflateGzip, inflateRaw, inflateZlib, inflateZstd, isGzip, isZlib, isZstd, type Inflated } from "./inflate.ts";
import { isZipEntry, readZipEntry } from "./zip.ts";

/** Something that was inside: from which kind of wrapping, and its name if it had one. */
export interface Content {
  readonly kind: "gzip" | "deflate" | "zstd" | "br" | "zip";
  readonly name: string | undefined;
  readonly bytes: Buffer;
}

export type ArchiveProblem = "archive-too-large" | "archive-damaged" | "archive-encrypted" | "compression-unknown";

export interface Opened {
  readonly contents: readonly Content[];
  readonly problems: readonly ArchiveProblem[];
}

const zipEntry = Buffer.from("PK\x03\x04", "latin1");
const signatures = [Buffer.from([0x1f, 0x8b, 0x08]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), zipEntry];
// What is compressed in a way that is not read here: xz, bzip2, 7z, RAR, lzip, compress, LZ4 frame, cabinet.
const closed = ["fd377a585a00", "425a68", "377abcaf271c", "526172211a07", "4c5a4950", "1f9d90", "04224d18", "4d534346"].map((hex) => Buffer.from(hex, "hex"));

const shortestDamaged = 64;
const nothing: Opened = { contents: [], problems: [] };

/** Whether the bytes begin like something compressed. */
export function isCompressed(bytes: Uint8Array): boolean {
  return isGzip(bytes, 0) || isZstd(bytes, 0) || isZipEntry(bytes, 0) || isMarkedDeflate(bytes);
}

/** Whether the bytes begin like something compressed, by three bytes or more, so that it is hardly by chance. */
export function isArchive(bytes: Uint8Array): boolean {
  return isGzip(bytes, 0) || isZstd(bytes, 0) || isZipEntry(bytes, 0) || isClosed(bytes);
}

/**
 * What is compressed in the bytes, wherever it begins: gzip, zstd, the entries of a zip; at the start also zlib. What is stored
 * uncompressed (a tar, a zip's stored entry) is seen as it is.
 */
export function open(bytes: Uint8Array, budget: Budget): Opened {
  const buffer = asBuffer(bytes);
  // All other signatures have bytes from 0x80 up, as has compressed data.
  if (isAscii(bytes) && !buffer.includes(zipEntry)) return nothing;
  const contents: Content[] = [];
  const problems = new Set<ArchiveProblem>();
  if (isClosed(buffer)) problems.add("compression-unknown");
  const take = (kind: Content["kind"], at: number, inflated: Inflated, name?: string): number => {
    // How far a damaged one went is not known; each costs, so that many that overlap end soon.
    if (typeof inflated === "string") budget.wasted(budget.inflation(bytes.length) / (inflated === "damaged" ? 8 : 1));
    if (inflated === "too-large") problems.add("archive-too-large");
    else if (inflated !== "damaged") {
      budget.inflated(inflated.bytes.length);
      contents.push({ kind, name, bytes: inflated.bytes });
      // Two bytes of a mark and a short rest that seems to be cut off are most often an id: what they inflate to is looked at even so.
      if (!inflated.isWhole && (kind !== "deflate" || buffer.length >= shortestDamaged)) problems.add("archive-damaged");
      return at + Math.max(1, inflated.consumed);
    } else if (at === 0 && isArchive(buffer)) problems.add("archive-damaged");
    return at + 1;
  };
  if (isMarkedDeflate(buffer)) take("deflate", 0, inflateZlib(buffer, budget.inflation(buffer.length)));
  const nearest = createSearch(buffer);
  for (let at = nearest(0); at !== -1; at = nearest(at)) {
    if (!budget.entry()) return { contents, problems: [...problems, "archive-too-large"] };
    const rest = buffer.subarray(at);
    const most = budget.inflation(rest.length);
    if (isGzip(rest, 0)) at = take("gzip", at, inflateGzip(rest, most));
    else if (isZstd(rest, 0)) at = take("zstd", at, inflateZstd(rest, most));
    else if (isZipEntry(rest, 0)) {
      const entry = readZipEntry(rest, most);
      if (typeof entry === "string") problems.add(entry);
      at = typeof entry === "string" ? at + 1 : take("zip", at, entry.content, entry.name);
    } else at += 1;
  }
  return { contents, problems: [...problems] };
}

/** What bytes without any mark inflate to, as raw deflate or (`withBrotli`) brotli; undefined if to nothing. */
export function openUnmarked(bytes: Uint8Array, budget: Budget, withBrotli: boolean): Content | "archive-too-large" | undefined {
  const most = budget.inflation(bytes.length);
  if (mayBeDeflate(bytes)) {
    const raw = inflateRaw(bytes, most);
    if (raw === "too-large") return "archive-too-large";
    if (raw !== "damaged" && raw.bytes.length > 0) return { kind: "deflate", name: undefined, bytes: raw.bytes };
  }
  if (!withBrotli) return undefined;
  const brotli = inflateBrotli(bytes, most);
  if (brotli === "too-large") return "archive-too-large";
  return brotli === "damaged" || brotli.bytes.length === 0 ? undefined : { kind: "br", name: undefined, bytes: brotli.bytes };
}

// A mark of two bytes, and a block that can be inflated: nothing comes of any other.
function isMarkedDeflate(bytes: Uint8Array): boolean {
  return isZlib(bytes, 0) && isBlock(bytes.subarray((bytes[1] ?? 0) & 0x20 ? 6 : 2));
}

// A small text is one block of fixed codes.
function mayBeDeflate(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return isBlock(bytes) && (((first >> 1) & 3) !== 1 || (first & 1) === 1);
}

// RFC 1951 §3.2.3: a stored block says its length twice; dynamic codes are at most 30.
function isBlock(bytes: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0] = bytes;
  const type = (first >> 1) & 3;
  if (type === 0) return (second ^ fourth) === 0xff && (third ^ fifth) === 0xff;
  return type === 1 || (type === 2 && first >> 3 <= 29 && (second & 31) <= 29);
}

// Where the next signature is, from a place on that only grows; -1 if nowhere.
function createSearch(bytes: Buffer): (from: number) => number {
  const next = signatures.map(() => -2);
  return (from) => {
    for (const [index, signature] of signatures.entries()) {
      const place = next[index] ?? -1;
      if (place !== -1 && place < from) next[index] = bytes.indexOf(signature, from);
    }
    const places = next.filter((place) => place !== -1);
    return places.length === 0 ? -1 : Math.min(...places);
  };
}

function isClosed(bytes: Uint8Array): boolean {
  return closed.some((magic) => bytes[0] === magic[0] && asBuffer(bytes).subarray(0, magic.length).equals(magic));
}
