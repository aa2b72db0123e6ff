import { inflateBrotli, inflateGzip, inflateRaw, inflateZlib, inflateZstd, type Inflated } from "./archive/inflate.ts";
import type { Budget } from "./limits.ts";

/** How a content is marked: as in the headers of an HTTP message. */
export interface ContentMarks {
  readonly contentType?: string;
  /** The header's value; several codings in the order in which they were applied (RFC 9110 §8.4). */
  readonly contentEncoding?: string;
}

/** A content without its codings, or why it can't be had. */
export type Plain = { readonly bytes: Buffer; readonly via: readonly string[] } | "encoding-unknown" | "encoding-damaged" | "too-large";

const mostCodings = 3;

const codings: Readonly<Record<string, { readonly via: string; readonly inflate: (bytes: Uint8Array, most: number, isAllowed: () => boolean) => Inflated }>> = {
  gzip: { via: "gzip", inflate: inflateGzip },
  "x-gzip": { via: "gzip", inflate: inflateGzip },
  // Some send raw deflate under this name.
  deflate: { via: "deflate", inflate: (bytes, most) => either(inflateZlib(bytes, most), () => inflateRaw(bytes, most)) },
  br: { via: "br", inflate: inflateBrotli },
  zstd: { via: "zstd", inflate: inflateZstd },
};

/** The names of a content's codings, in the order in which they were applied; without `identity`. */
export function codingsOf({ contentEncoding = "" }: ContentMarks): readonly string[] {
  return contentEncoding.split(",").map((name) => name.trim().toLowerCase()).filter((name) => name !== "" && name !== "identity");
}

/** Undoes a content's codings. */
export function toPlain(content: Buffer, names: readonly string[], budget: Budget): Plain {
  if (names.length > mostCodings || names.some((name) => !Object.hasOwn(codings, name))) return "encoding-unknown";
  let bytes = content;
  const via: string[] = [];
  for (const name of names.toReversed()) {
    const coding = codings[name];
    if (coding === undefined) return "encoding-unknown";
    const inflated = bytes.length === 0 ? { bytes, consumed: 0, isWhole: true } : coding.inflate(bytes, budget.inflation(bytes.length), budget.entry);
    if (inflated === "too-large") return inflated;
    // What follows the coded data would pass unread.
    if (inflated === "damaged" || !inflated.isWhole || !isAll(inflated.consumed, bytes, name)) return "encoding-damaged";
    budget.inflated(inflated.bytes.length);
    bytes = inflated.bytes;
    via.push(coding.via);
  }
  return { bytes, via };
}

// A zlib stream ends with a checksum of four bytes, which `consumed` may leave out with its head.
function isAll(consumed: number, { length }: Buffer, name: string): boolean {
  return consumed >= (name === "deflate" ? length - 6 : length);
}

function either(first: Inflated, second: () => Inflated): Inflated {
  return first === "damaged" ? second() : first;
}
