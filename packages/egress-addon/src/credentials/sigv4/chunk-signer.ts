import type { AwsKeys } from "./keys.ts";
import { createSigner, type Scope, scopeText, sha256 } from "./sign.ts";

/** Signs the parts of one body; each signature covers the one before. */
export interface ChunkSigner {
  chunk(data: Uint8Array): string;
  /** Of `name:value\n` lines, in the order of their names. */
  trailer(canonical: string): string;
}

/** @param seed the signature of the request's head, in hex */
export function createChunkSigner(scope: Scope, keys: AwsKeys, seed: string): ChunkSigner {
  const sign = createSigner(scope, keys);
  let last = seed;
  const next = (kind: string, ...hashes: readonly string[]): string => {
    last = sign([`AWS4-HMAC-SHA256-${kind}`, scope.timestamp, scopeText(scope), last, ...hashes].join("\n"));
    return last;
  };
  return {
    chunk: (data) => next("PAYLOAD", sha256(""), sha256(data)),
    trailer: (canonical) => next("TRAILER", sha256(canonical)),
  };
}
