import { isAscii } from "node:buffer";
import { asBuffer } from "../bytes.ts";
import type { Run } from "../decode/runs.ts";
import type { Budget } from "../limits.ts";
import { isBegun } from "./begun.ts";
import { mayBeBrotli } from "./brotli.ts";
import { isClosed } from "./closed.ts";
import { gzipData, hasZstdBlock, inflateBeginning, inflateBrotli, inflateGzip, inflateRaw, inflateZstd, inflateZstdBeginning, isGzip, isZlib, isZstd, type Inflated } from "./inflate.ts";
import { hasXzBlock, inflateXz, isXz } from "./xz/inflate-xz.ts";
import { createPassed } from "./passed.ts";
import { deflated, isOpenable, isZipEntry, readZipDirectory, readZipHeader, stored, xz, zstandard } from "./zip.ts";

/** Something that was inside: from which kind of wrapping, and its name if it had one. */
export interface Content {
  readonly kind: "gzip" | "deflate" | "zstd" | "xz" | "br" | "zip";
  readonly name: string | undefined;
  readonly bytes: Buffer;
  /** These and what follows them, if what begins in them may go on there. */
  readonly beyond?: Buffer;
}

export type ArchiveProblem = "archive-too-large" | "archive-damaged" | "archive-encrypted" | "compression-unknown";

export interface Opened {
  readonly contents: readonly Content[];
  readonly problems: readonly ArchiveProblem[];
  /** Where contents were read from: the marks, and what is compressed or stored; heads have room for what is looked through by itself. */
  readonly taken: readonly Run[];
}

const zipEntry = Buffer.from("PK\x03\x04", "latin1");
const zipDirectory = Buffer.from("PK\x01\x02", "latin1");
const signatures = [Buffer.from([0x1f, 0x8b, 0x08]), Buffer.from([0x1f, 0x9e, 0x08]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.from([0xfd, 0x37, 0x7a, 0x58]), zipEntry, zipDirectory];
const isFirst = Uint8Array.from({ length: 256 }, (_, byte) => signatures.some(([first]) => first === byte) ? 1 : 0);

/** Fewer bytes that are cut off or damaged are most often an id, or the bytes by which a program knows an archive: what they give is looked at. */
const shortestDamaged = 64;
/** What is no deflated data makes sense as such for a few dozen bytes, by chance for so many never. */
const telling = 256;
/** So much of what they become tells the same: a few bytes may become a thousand times as many. */
const mostTelling = 16 << 10;
/** What a mark takes of what may be inflated if nothing comes of it, so that there is an end to many of them; and if much had to be gone over for that. */
const leastWasted = 16 << 10;
const lateWasted = 64 << 10;
/** To search so many bytes for where a head ends takes as long as to inflate one. */
const searchedPerByte = 256;
/** Of a frame or a stream so many bytes have to make sense before the rest is gone over. */
const firstBytes = 4 << 10;
const shortestText = 6;
const markBytes = 4;
const nothing: Opened = { contents: [], problems: [], taken: [] };

/** Whether the bytes begin like something compressed. */
export function isCompressed(bytes: Uint8Array): boolean {
  return isGzip(bytes, 0) || isZstd(bytes, 0) || isXz(bytes, 0) || isZipEntry(bytes, 0) || isMarkedDeflate(bytes) || (bytes.length >= shortestDamaged && isClosed(bytes));
}

/** Whether the bytes begin like something compressed, by three bytes or more, so that it is hardly by chance. */
export function isArchive(bytes: Uint8Array): boolean {
  return isGzip(bytes, 0) || isZstd(bytes, 0) || isXz(bytes, 0) || isZipEntry(bytes, 0) || isClosed(bytes);
}

/** Whether there is a mark anywhere: what is compressed, behind bytes that are no text. */
export function hasMark(bytes: Uint8Array): boolean {
  const firsts = isFirst;
  for (let at = 0; at + markBytes <= bytes.length; at += 1) {
    if (firsts[bytes[at] ?? 0] === 1 && (isGzip(bytes, at) || isZstd(bytes, at) || isXz(bytes, at) || isZipEntry(bytes, at))) return true;
  }
  return false;
}

/**
 * What is compressed in the bytes, wherever it begins: gzip, zstd, xz, the entries of a zip; at the start also zlib. What is stored
 * uncompressed (a tar, a zip's stored entry) is seen as it is. A mark alone is no archive, unless the bytes begin with it: what follows
 * has to inflate for some hundred bytes, or be a zip's likely header. What gives less is looked at, and no problem.
 * @param beyond the same bytes and what follows them, into which what begins in them may go on
 */
export function open(bytes: Uint8Array, budget: Budget, beyond: Uint8Array = bytes): Opened {
  const [own, buffer] = [asBuffer(bytes), asBuffer(beyond)];
  // All other signatures have bytes from 0x80 up, as has compressed data.
  if (isAscii(bytes) && !own.includes(zipEntry)) return isClosed(own) ? { ...nothing, problems: ["compression-unknown"] } : nothing;
  const contents: Content[] = [];
  const problems = new Set<ArchiveProblem>();
  const taken: Run[] = [];
  const passed = createPassed();
  const take = (run: Run): void => {
    taken.push(run);
    passed.add(run);
  };
  if (isClosed(own)) problems.add("compression-unknown");
  const none = (at: number): void => {
    if (at === 0 && isArchive(own) && own.length >= shortestDamaged) problems.add("archive-damaged");
  };
  const inflate = (kind: Content["kind"], at: number, { isReal, inflateBy, name, data = at, leastDamaged = shortestDamaged }: Attempt): void => {
    const most = budget.inflation(buffer.length - at);
    if (most < 1) return void problems.add("archive-too-large");
    const inflated = inflateBy(most);
    if (typeof inflated !== "string") {
      const { bytes: content, consumed, members = [{ from: 0, data: 0, end: consumed }] } = inflated;
      budget.inflated(content.length);
      // What gives little costs what was read.
      budget.wasted(Math.max(0, consumed - content.length));
      if (!inflated.isWhole && buffer.length - data >= leastDamaged) problems.add("archive-damaged");
      if (data + consumed < buffer.length && isBegun(content)) problems.add("archive-damaged");
      contents.push({ kind, name, bytes: content });
      if (data > at) take([at, at + markBytes]);
      for (const { from, data: begin, end } of members) {
        take([data + from, data + from + markBytes]);
        take([data + Math.max(begin, from + markBytes), data + end]);
      }
    } else {
      // How far it went is not known; each costs, so that many that overlap end soon.
      budget.wasted(inflated === "too-large" ? most : Math.max(most / 8, lateWasted));
      if (inflated !== "too-large" && !isReal()) none(at);
      else problems.add(({ "too-large": "archive-too-large", damaged: "archive-damaged", unknown: "compression-unknown" } as const)[inflated]);
    }
  };
  const inflateDeflated = (kind: Content["kind"], at: number, attempt: Attempt & { readonly begin: number }): void => {
    const begin = buffer.subarray(attempt.begin, attempt.begin + telling);
    if (begin.length === 0 || !isBlock(begin)) {
      budget.wasted(Math.floor((attempt.begin - at) / searchedPerByte));
      return none(at);
    }
    if (inflateRaw(begin, mostTelling) !== "damaged") return inflate(kind, at, attempt);
    budget.wasted(leastWasted);
    const text = inflateBeginning(begin, mostTelling);
    if (text.length >= shortestText) {
      budget.inflated(text.length);
      contents.push({ kind, name: attempt.name, bytes: text });
    }
    none(at);
  };
  // What fails soon costs little, and is most often a mark alone.
  const inflateMarked = (kind: Content["kind"], at: number, attempt: Attempt & { readonly first: Inflated | "unknown"; readonly isReal: () => boolean }): void => {
    const { first, isReal } = attempt;
    if (first !== "damaged" && first !== "unknown") return inflate(kind, at, attempt);
    budget.wasted(leastWasted);
    if (isReal()) problems.add(first === "damaged" ? "archive-damaged" : "compression-unknown");
    else none(at);
  };
  const inflateFrame = (kind: Content["kind"], at: number, frame: Buffer, entry: Partial<Attempt> = {}): void => {
    const begin = frame.subarray(0, firstBytes);
    inflateMarked(kind, at, { ...entry, first: inflateZstdBeginning(begin, mostTelling), isReal: () => hasZstdBlock(frame), inflateBy: (most) => inflateZstd(frame, most) });
  };
  const inflateStream = (kind: Content["kind"], at: number, stream: Buffer, entry: Partial<Attempt> = {}): void => {
    const begin = stream.subarray(0, firstBytes);
    inflateMarked(kind, at, { isReal: () => hasXzBlock(stream), ...entry, leastDamaged: 0, first: inflateXz(begin, mostTelling, always), inflateBy: (most) => inflateXz(stream, most, budget.entry) });
  };
  const readStored = (at: number, { name, data, size }: { readonly name: string; readonly data: number; readonly size: number }): void => {
    contents.push({ kind: "zip", name, bytes: buffer.subarray(data, data + size), beyond: buffer.subarray(data) });
    take([at, at + markBytes]);
    take([data, Math.min(buffer.length, data + size)]);
    // Who opens a zip by its directory does not care what stands in another.
    const begin = buffer.subarray(data, data + telling);
    if (!isBlock(begin) || inflateRaw(begin, mostTelling) === "damaged") return;
    inflate("zip", at, { isReal: always, inflateBy: (most) => inflateRaw(buffer.subarray(data), most), name, data, leastDamaged: telling });
  };
  const readDirectory = (at: number): void => {
    const { isEncrypted = false, method = stored } = readZipDirectory(buffer.subarray(at)) ?? {};
    if (isEncrypted) problems.add("archive-encrypted");
    if (!isOpenable(method)) problems.add("compression-unknown");
  };
  const readEntry = (at: number): void => {
    const header = readZipHeader(buffer.subarray(at));
    if (header === undefined) return none(at);
    const { name, method, size, isLikely } = header;
    const data = at + header.start;
    const rest = buffer.subarray(data);
    const frame = size === 0 ? rest : rest.subarray(0, size);
    if (isLikely && header.isEncrypted) problems.add("archive-encrypted");
    else if (isLikely && method === zstandard && isZstd(rest, 0)) inflateFrame("zip", at, frame, { name, data });
    else if (isLikely && method === xz) inflateStream("zip", at, frame, { isReal: always, name, data });
    else if (isLikely && method === stored) readStored(at, { name, data, size });
    else if (isLikely && method !== deflated && method !== zstandard) problems.add("compression-unknown");
    else inflateDeflated("zip", at, { isReal: always, inflateBy: (most) => inflateRaw(rest, most), name, data, begin: data });
  };
  if (isMarkedDeflate(own)) {
    if (!budget.entry() || budget.inflation(0) < 1) return { ...nothing, problems: ["archive-too-large"] };
    const data = zlibData(buffer);
    inflateDeflated("deflate", 0, { isReal: always, inflateBy: (most) => inflateRaw(buffer.subarray(data), most), data, begin: data });
  }
  const nearest = createSearch(own);
  for (let at = nearest(0); at !== -1; at = nearest(at)) {
    const free = passed.after(at);
    if (free > at) {
      at = free;
      continue;
    }
    if (zipDirectory.equals(buffer.subarray(at, at + markBytes))) {
      readDirectory(at);
      at += 1;
      continue;
    }
    if (!budget.entry() || budget.inflation(0) < 1) return { contents, problems: [...problems, "archive-too-large"], taken };
    const rest = buffer.subarray(at);
    if (isGzip(rest, 0)) inflateDeflated("gzip", at, { isReal: always, inflateBy: (most) => inflateGzip(rest, most, budget.entry), begin: gzipData(buffer, at) ?? buffer.length });
    else if (isZstd(rest, 0)) inflateFrame("zstd", at, rest);
    else if (isXz(rest, 0)) inflateStream("xz", at, rest);
    else if (isZipEntry(rest, 0)) readEntry(at);
    at += 1;
  }
  return { contents, problems: [...problems], taken };
}

/** A try to inflate. */
interface Attempt {
  readonly inflateBy: (most: number) => Inflated | "unknown";
  /** Whether what is damaged is an archive all the same. */
  readonly isReal: () => boolean;
  readonly name?: string | undefined;
  /** From how many bytes on what is not whole is a problem: where the mark is short, not so few that they may be an id. */
  readonly leastDamaged?: number;
  /** Where what it inflates begins: at the mark unless told. */
  readonly data?: number;
}

function always(): boolean {
  return true;
}

/** What bytes without any mark inflate to, as raw deflate or (`withBrotli`) brotli; undefined if to nothing. */
export function openUnmarked(bytes: Uint8Array, budget: Budget, withBrotli: boolean): Content | "archive-too-large" | undefined {
  const most = budget.inflation(bytes.length);
  if (mayBeDeflate(bytes)) {
    const raw = inflateRaw(bytes, most);
    if (raw === "too-large") return "archive-too-large";
    if (raw !== "damaged" && raw.bytes.length > 0) return { kind: "deflate", name: undefined, bytes: raw.bytes };
  }
  if (!withBrotli || !mayBeBrotli(bytes)) return undefined;
  const brotli = inflateBrotli(bytes, most);
  if (brotli === "too-large") return "archive-too-large";
  return brotli === "damaged" || brotli.bytes.length === 0 ? undefined : { kind: "br", name: undefined, bytes: brotli.bytes };
}

// A mark of two bytes, and a block that can be inflated: nothing comes of any other.
function isMarkedDeflate(bytes: Uint8Array): boolean {
  return isZlib(bytes, 0) && isBlock(bytes.subarray(zlibData(bytes)));
}

// RFC 1950 §2.2: a dictionary's id may come first.
function zlibData(bytes: Uint8Array): number {
  return (bytes[1] ?? 0) & 0x20 ? 6 : 2;
}

// A small text is one block of fixed codes.
function mayBeDeflate(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  return isBlock(bytes) && (((first >> 1) & 3) !== 1 || (first & 1) === 1);
}

// RFC 1951 §3.2.3: a stored block says its length twice; dynamic codes are at most 30, and the code in which their lengths are leaves no room.
function isBlock(bytes: Uint8Array): boolean {
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
