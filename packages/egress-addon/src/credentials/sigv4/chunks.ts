import { Transform } from "node:stream";
import { holdBytes } from "../held-bytes.ts";
import { createPile } from "../pile.ts";
import { ChunkError } from "./chunk-error.ts";
import { type ChunkSigner, createChunkSigner } from "./chunk-signer.ts";
import { createTrailers } from "./chunk-trailers.ts";
import type { AwsKeys } from "./keys.ts";
import type { Scope } from "./sign.ts";

/** A chunk waits whole for its signature. SDKs send 64 KiB to 1 MiB. */
const largestChunkBytes = 4 * 1024 * 1024;
const longestLineBytes = 8 * 1024;
const lineEnd = Buffer.from("\r\n");

/** How the chunks of one body are signed. */
export interface ChunkSigning {
  readonly scope: Scope;
  readonly keys: AwsKeys;
  /** The signature of the request's head, in hex. */
  readonly seed: string;
  /** Whether signed trailers follow the last chunk. */
  readonly hasTrailer: boolean;
}

/**
 * Signs an `aws-chunked` body anew (Amazon S3 API reference, "Signature calculations for the authorization header: transferring
 * payload in multiple chunks"; with trailers: "including trailing headers"). Sizes stay, so a Content-Length stays true.
 * Ends with a `ChunkError` for anything else.
 */
export function resignChunks(signing: ChunkSigning): Transform {
  const signer = createChunkSigner(signing.scope, signing.keys, signing.seed);
  const room = holdBytes(2 * largestChunkBytes);
  const pile = createPile();
  let needed = 1;
  const read = createReader(signing.hasTrailer, signer);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        if (!room.take(chunk.length)) throw new ChunkError("Too much waits for its signature.", true);
        pile.append(chunk);
        if (pile.length < needed) return done();
        const step = read(pile.bytes(), (bytes) => void this.push(bytes));
        room.giveBack(step.read);
        pile.drop(step.read);
        ({ needed } = step);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new ChunkError("unreadable"));
      }
    },
    flush: (done) => done(pile.length === 0 && needed === 0 ? null : new ChunkError("The body ended within a chunk.")),
    destroy(error, done) {
      room[Symbol.dispose]();
      pile.drop(pile.length);
      done(error);
    },
  });
}

interface Step {
  /** So many bytes are done with. */
  readonly read: number;
  /** Bytes of the rest there must be before it is worth to go on; 0 after the end. */
  readonly needed: number;
}

type Reader = (bytes: Buffer, push: (bytes: Buffer) => void) => Step;

// What stands between two calls is where the body is: before a chunk, in its trailers, or over.
function createReader(hasTrailer: boolean, signer: ChunkSigner): Reader {
  const trailers = createTrailers(hasTrailer, signer);
  let place: "chunk" | "trailer" | "end" = "chunk";
  return (bytes, push) => {
    let rest = bytes;
    while (place !== "end") {
      const line = takeLine(rest);
      if (line === undefined) return { read: bytes.length - rest.length, needed: rest.length + 1 };
      if (place === "trailer") {
        push(Buffer.from(`${trailers.next(line)}\r\n`));
        rest = rest.subarray(line.length + 2);
        if (line === "") place = "end";
        continue;
      }
      const { sizeText, size } = readSize(line);
      const data = rest.subarray(line.length + 2, line.length + 2 + size);
      const end = line.length + 2 + size + (size === 0 ? 0 : lineEnd.length);
      if (rest.length < end) return { read: bytes.length - rest.length, needed: end };
      if (size > 0 && !rest.subarray(end - 2, end).equals(lineEnd)) throw new ChunkError("A chunk has another size than it says.");
      push(Buffer.concat([Buffer.from(`${sizeText};chunk-signature=${signer.chunk(data)}\r\n`), data, ...(size === 0 ? [] : [lineEnd])]));
      rest = rest.subarray(end);
      if (size === 0) place = "trailer";
    }
    if (rest.length > 0) throw new ChunkError("Something follows the last chunk.");
    return { read: bytes.length, needed: 0 };
  };
}

function takeLine(bytes: Buffer): string | undefined {
  const at = bytes.subarray(0, longestLineBytes).indexOf(lineEnd);
  if (at === -1 && bytes.length >= longestLineBytes) throw new ChunkError("A line is too long.");
  return at === -1 ? undefined : bytes.toString("latin1", 0, at);
}

function readSize(line: string): { readonly sizeText: string; readonly size: number } {
  const sizeText = /^([0-9a-f]{1,8});chunk-signature=[0-9a-f]{64}$/i.exec(line)?.[1];
  if (sizeText === undefined) throw new ChunkError("A chunk has no readable signature.");
  const size = Number.parseInt(sizeText, 16);
  if (size > largestChunkBytes) throw new ChunkError("A chunk is too large to be signed.", true);
  return { sizeText, size };
}
