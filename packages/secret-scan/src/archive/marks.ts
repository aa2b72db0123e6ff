import { asBuffer } from "../bytes.ts";
import { isClosed } from "./closed.ts";
import { isMarkedDeflate } from "./deflate.ts";
import { isGzip, isZstd } from "./inflate.ts";
import { isXz } from "./xz/inflate-xz.ts";
import { isZipEntry } from "./zip.ts";

/** What is opened: gzip, of today and as it was, zstd, xz, a zip's entry. */
export const marks: readonly Buffer[] = ["1f8b08", "1f9e08", "28b52ffd", "fd377a585a00", "504b0304"].map((hex) => Buffer.from(hex, "hex"));
const zipDirectory = Buffer.from("504b0102", "hex");
const isFirst = Uint8Array.from({ length: 256 }, (_, byte) => marks.some(([first]) => first === byte) ? 1 : 0);

/** As much of a mark as tells it. */
export const markBytes = 4;

/** Fewer bytes that are cut off or damaged are most often an id, or the bytes by which a program knows an archive: what they give is looked at. */
export const shortestDamaged = 64;

/** A gzip's head and tail take more, and what zstd does not compress is seen as it is. */
const shortestArchive = 16;

/** Whether the bytes begin like something compressed. */
export function isCompressed(bytes: Uint8Array): boolean {
  return isOpened(bytes, 0) || isMarkedDeflate(bytes) || (bytes.length >= shortestDamaged && isClosed(bytes));
}

/** Whether the bytes begin like something compressed, by three bytes or more, so that it is hardly by chance. */
export function isArchive(bytes: Uint8Array): boolean {
  return isOpened(bytes, 0) || isClosed(bytes);
}

/** Whether there is a mark anywhere of what is opened: what is compressed, behind bytes that are no text. */
export function hasMark(bytes: Uint8Array): boolean {
  if (bytes.length < shortestArchive) return false;
  const firsts = isFirst;
  for (let at = 0; at + markBytes <= bytes.length; at += 1) if (firsts[bytes[at] ?? 0] === 1 && isOpened(bytes, at)) return true;
  return false;
}

/** Where the next mark is, from a place on that only grows; -1 if nowhere. */
export function createMarkSearch(bytes: Uint8Array): (from: number) => number {
  const buffer = asBuffer(bytes);
  const searched = [...marks, zipDirectory];
  const next = searched.map(() => -2);
  return (from) => {
    for (const [index, mark] of searched.entries()) {
      const place = next[index] ?? -1;
      if (place !== -1 && place < from) next[index] = buffer.indexOf(mark, from);
    }
    const places = next.filter((place) => place !== -1);
    return places.length === 0 ? -1 : Math.min(...places);
  };
}

/** Whether bytes of ASCII may hold a mark: all but a zip's have bytes from 0x80 up, as has compressed data. */
export function hasAsciiMark(bytes: Uint8Array): boolean {
  return asBuffer(bytes).includes("PK\x03\x04", 0, "latin1");
}

function isOpened(bytes: Uint8Array, at: number): boolean {
  return isGzip(bytes, at) || isZstd(bytes, at) || isXz(bytes, at) || isZipEntry(bytes, at);
}
