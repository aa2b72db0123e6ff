import { spellings } from "@bottle/secret-scan/known";
import { type RawHeaders, requestHeaders } from "../../exchange/headers.ts";
import type { RefusalReason } from "../../policy/refusals.ts";
import { credentialHeaders } from "../inject.ts";
import { type Outgoing, withoutHeaders } from "../outgoing.ts";
import type { Signable } from "./canonical.ts";
import { type ClientSignature, readClientSignature } from "./client-signature.ts";
import type { AwsKeys } from "./keys.ts";
import { planPayload } from "./payload.ts";
import { hashBody, signChunks } from "./prepare.ts";
import { isS3 } from "./s3.ts";
import { type Scope, sha256, type Signature, signRequest, timestampOf } from "./sign.ts";

const ownHeaders = ["date", "x-amz-date", "x-amz-security-token", "x-amz-s3session-token", "x-amz-content-sha256"];
const ownParameters = /^x-amz-(?:algorithm|credential|date|expires|signedheaders|security-token|signature|content-sha256)$/i;

/** A request that its client has signed with stand-in keys. */
export interface ToResign {
  readonly method: string;
  /** As on the wire, without the query. */
  readonly path: string;
  readonly query: string;
  /** As they came. */
  readonly headers: RawHeaders;
  /** The Host header as it will go out. */
  readonly host: string;
  readonly hasBody: boolean;
}

/** What it is signed with: the route's keys, and the scope that it may have. Absent: any. */
export interface Resigning {
  readonly keys: AwsKeys;
  readonly region?: string;
  readonly service?: string;
  readonly now: Date;
}

/**
 * Signs a request anew with AWS Signature Version 4. Region and service are those of the client's own signature; whatever that
 * consisted of is removed, also where the URL was presigned, and the new one is in the `Authorization` header.
 */
export function resign(request: ToResign, resigning: Resigning): Outgoing | RefusalReason {
  const client = readClientSignature(request.headers, request.query);
  if (typeof client === "string") return client;
  const { keys, region = client.region, service = client.service } = resigning;
  if (client.region !== region || client.service !== service) return "signature-scope";
  const payload = planPayload(request, client);
  if (typeof payload === "string") return payload;
  const scope: Scope = { timestamp: timestampOf(resigning.now), region, service };
  const query = strip(request.query);
  const base = baseHeaders(request.headers, scope, keys);
  const sign = (payloadHash: string, headers = base): Signed => {
    const sent = payload.isSent ? [...headers, "x-amz-content-sha256", payloadHash] : headers;
    const all = ["host", request.host, ...sent];
    const signable: Signable = {
      method: request.method, path: request.path, query, headers: all, signed: signedNames(all, client), payloadHash, isS3: isS3(service),
    };
    const signature = signRequest(signable, scope, keys);
    return { ...signature, headers: [...sent, "Authorization", signature.authorization] };
  };
  const secrets = keys.sessionToken === undefined ? [] : spellings(keys.sessionToken);
  // The secret key is never sent, and without it the rest signs nothing; so what is compressed or in parts may come back.
  const outgoing = { query, secrets, mayBeEncoded: true };
  if (payload.kind === "hash" && request.hasBody) {
    return { ...outgoing, headers: base, prepare: hashBody((hash, length) => sign(hash, withLength(base, length)).headers) };
  }
  const signed = sign(payload.kind === "hash" ? sha256("") : payload.hash);
  if (payload.kind !== "chunks") return { ...outgoing, headers: signed.headers };
  return { ...outgoing, headers: signed.headers, prepare: signChunks(signed.headers, { scope, keys, seed: signed.signature, hasTrailer: payload.hasTrailer }) };
}

interface Signed extends Signature {
  readonly headers: string[];
}

function baseHeaders(headers: RawHeaders, scope: Scope, keys: AwsKeys): string[] {
  const kept = requestHeaders(headers, new Set([...credentialHeaders, ...ownHeaders]));
  const token = keys.sessionToken === undefined ? [] : ["x-amz-security-token", keys.sessionToken];
  return [...kept, "x-amz-date", scope.timestamp, ...token];
}

function withLength(headers: readonly string[], length: number): string[] {
  return [...withoutHeaders(headers, ["content-length"]), "content-length", String(length)];
}

// Those the client signed and that still go out, the host, and all of AWS's own, which must be signed.
function signedNames(headers: readonly string[], client: ClientSignature): ReadonlySet<string> {
  const names = headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  return new Set(names.filter((name) => name === "host" || name.startsWith("x-amz-") || client.signedHeaders.includes(name)));
}

function strip(query: string): string {
  const kept = query.slice(1).split("&").filter((pair) => pair !== "" && !ownParameters.test(nameOf(pair)));
  return kept.length === 0 ? "" : `?${kept.join("&")}`;
}

function nameOf(pair: string): string {
  return [...new URLSearchParams(pair).keys()][0] ?? "";
}
