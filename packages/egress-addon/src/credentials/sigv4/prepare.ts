import { collect, holdBytes, send } from "../held-bytes.ts";
import type { Prepare } from "../outgoing.ts";
import { through } from "../through.ts";
import { ChunkError } from "./chunk-error.ts";
import { type ChunkSigning, resignChunks } from "./chunks.ts";
import { sha256 } from "./sign.ts";

const largestHashedBytes = 8 * 1024 * 1024;

/** Reads a body of at most 8 MiB whole, since its hash goes out before it. @param sign the headers for a hash and a length in bytes */
export function hashBody(sign: (hash: string, length: number) => string[]): Prepare {
  return async (body, refuse) => {
    const room = holdBytes(largestHashedBytes);
    const whole = await collect(body, room);
    if (whole === undefined) {
      refuse("signature-body-too-large");
      return undefined;
    }
    return { headers: sign(sha256(whole), whole.length), body: send(whole, room) };
  };
}

/** Signs a body chunk by chunk on its way. */
export function signChunks(headers: string[], signing: ChunkSigning): Prepare {
  return async (body, refuse) => {
    if (body === null) {
      refuse("signature-missing");
      return undefined;
    }
    const signed = resignChunks(signing);
    signed.once("error", (error) => {
      if (error instanceof ChunkError) refuse(error.isTooLarge ? "signature-body-too-large" : "signature-missing");
    });
    return { headers, body: through(body, signed) };
  };
}
