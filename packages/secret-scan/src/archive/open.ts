import { isAscii } from "node:buffer";
import type { Run } from "../decode/runs.ts";
import type { Budget } from "../limits.ts";
import { isClosed } from "./closed.ts";
import { hasAsciiMark } from "./marks.ts";
import { Opening } from "./opening.ts";

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

/**
 * What is compressed in the bytes, wherever it begins: gzip, zstd, xz, the entries of a zip; at the start also zlib. What is stored
 * uncompressed (a tar, a zip's stored entry) is seen as it is. A mark alone is no archive, unless the bytes begin with it: what follows
 * has to inflate for some hundred bytes, or be a zip's likely header. What gives less is looked at, and no problem.
 * @param beyond the same bytes and what follows them, into which what begins in them may go on
 */
export function open(bytes: Uint8Array, budget: Budget, beyond: Uint8Array = bytes): Opened {
  if (isAscii(bytes) && !hasAsciiMark(bytes)) return { contents: [], problems: isClosed(bytes) ? ["compression-unknown"] : [], taken: [] };
  return new Opening(bytes, beyond, budget).run();
}
