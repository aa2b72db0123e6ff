import { createHash, createHmac } from "node:crypto";
import { canonicalRequest, type Signable } from "./canonical.ts";
import type { AwsKeys } from "./keys.ts";

/** What a signature is good for. */
export interface Scope {
  /** `20130524T000000Z` */
  readonly timestamp: string;
  readonly region: string;
  readonly service: string;
}

/** A signature with the `Authorization` header that carries it. */
export interface Signature {
  readonly signature: string;
  readonly authorization: string;
}

/** AWS Signature Version 4 of a request ("AWS Signature Version 4 for API requests", steps 1 to 5). */
export function signRequest(signable: Signable, scope: Scope, keys: AwsKeys): Signature {
  const { text, signedHeaders } = canonicalRequest(signable);
  const toSign = ["AWS4-HMAC-SHA256", scope.timestamp, scopeText(scope), sha256(Buffer.from(text, "latin1"))].join("\n");
  const signature = createSigner(scope, keys)(toSign);
  const authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scopeText(scope)}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  return { signature, authorization };
}

/** Signs texts within one scope; the key is derived once. */
export function createSigner(scope: Scope, keys: AwsKeys): (text: string) => string {
  const parts = [dateOf(scope), scope.region, scope.service, "aws4_request"];
  const key = parts.reduce<string | Buffer>((last, part) => createHmac("sha256", last).update(part).digest(), `AWS4${keys.secretAccessKey}`);
  return (text) => createHmac("sha256", key).update(text).digest("hex");
}

/** `20130524/us-east-1/s3/aws4_request` */
export function scopeText(scope: Scope): string {
  return `${dateOf(scope)}/${scope.region}/${scope.service}/aws4_request`;
}

/** ISO 8601, basic format, in UTC. */
export function timestampOf(date: Date): string {
  return date.toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function dateOf(scope: Scope): string {
  return scope.timestamp.slice(0, 8);
}
