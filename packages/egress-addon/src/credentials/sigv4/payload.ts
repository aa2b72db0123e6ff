import { type RawHeaders, valuesOf } from "../../exchange/headers.ts";
import type { RefusalReason } from "../../policy/refusals.ts";
import type { ClientSignature } from "./client-signature.ts";
import { isS3 } from "./s3.ts";

/** How a body is covered by the signature; `isSent`: `x-amz-content-sha256` says so to the upstream. */
export type Payload =
  | { readonly kind: "given"; readonly hash: string; readonly isSent: boolean }
  | { readonly kind: "chunks"; readonly hash: string; readonly isSent: true; readonly hasTrailer: boolean }
  | { readonly kind: "hash"; readonly isSent: boolean };

const chunked = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
// Sent over TLS, as all requests with a credential are.
const unsigned: readonly string[] = ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"];

/**
 * Reads `x-amz-content-sha256`. A hash in it is taken as it is: the upstream compares it with the body, so a wrong one signs
 * nothing that could be used. Without the header the body has to be hashed here.
 */
export function planPayload(request: { readonly headers: RawHeaders; readonly query: string }, client: ClientSignature): Payload | RefusalReason {
  const named = [...valuesOf(request.headers, "x-amz-content-sha256"), ...new URLSearchParams(request.query).getAll("X-Amz-Content-Sha256")];
  const hash = named[0]?.trim();
  if (named.length > 1) return "signature-missing";
  if (hash === undefined) return client.isPresigned && isS3(client.service) ? { kind: "given", hash: "UNSIGNED-PAYLOAD", isSent: true } : { kind: "hash", isSent: isS3(client.service) };
  if (/^[0-9a-f]{64}$/i.test(hash) || unsigned.includes(hash)) return { kind: "given", hash, isSent: true };
  if (hash === chunked || hash === `${chunked}-TRAILER`) return { kind: "chunks", hash, isSent: true, hasTrailer: hash !== chunked };
  return "signature-unsupported";
}
