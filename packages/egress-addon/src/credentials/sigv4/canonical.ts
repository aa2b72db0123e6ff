import type { RawHeaders } from "../../exchange/headers.ts";

/** What a signature covers (AWS "Create a signed AWS API request", step 1). */
export interface Signable {
  readonly method: string;
  /** As it goes on the wire, without the query. */
  readonly path: string;
  /** With its `?`, or empty. */
  readonly query: string;
  /** Name, value, name, value, `host` among them. */
  readonly headers: RawHeaders;
  /** Lower-case names of the headers that are signed. */
  readonly signed: ReadonlySet<string>;
  /** Hex of the body's SHA-256, or the word that stands for it. */
  readonly payloadHash: string;
  /** S3 signs the path encoded once and as it is; every other service without empty segments and encoded twice. */
  readonly isS3: boolean;
}

/** The canonical request, and its list of signed headers. */
export function canonicalRequest(signable: Signable): { readonly text: string; readonly signedHeaders: string } {
  const headers = canonicalHeaders(signable.headers, signable.signed);
  const signedHeaders = headers.map(([name]) => name).join(";");
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join("");
  const path = signable.isS3 ? oncePath(signable.path) : twicePath(signable.path);
  const text = [signable.method, path, canonicalQuery(signable.query), lines, signedHeaders, signable.payloadHash].join("\n");
  return { text, signedHeaders };
}

// RFC 3986 §2.3: everything but unreserved characters is encoded, with upper-case hex.
function encodeUri(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function oncePath(path: string): string {
  return path.split("/").map((segment) => encodeUri(decode(segment))).join("/");
}

function twicePath(path: string): string {
  return path.replaceAll(/\/{2,}/g, "/").split("/").map(encodeUri).join("/");
}

// A plus is a space here, as AWS's SDKs read it.
function canonicalQuery(query: string): string {
  const pairs = query.slice(1).split("&").filter((pair) => pair !== "").map((pair) => {
    const at = pair.indexOf("=");
    const [name, value] = at === -1 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    return [name, value].map((part) => encodeUri(decode(part.replaceAll("+", " ")))) as [string, string];
  });
  return pairs.sort(byCode).map(([name, value]) => `${name}=${value}`).join("&");
}

function canonicalHeaders(headers: RawHeaders, signed: ReadonlySet<string>): readonly [string, string][] {
  const values = new Map<string, string[]>();
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? "").toLowerCase();
    if (signed.has(name)) values.set(name, [...(values.get(name) ?? []), (headers[index + 1] ?? "").trim().replaceAll(/ {2,}/g, " ")]);
  }
  return [...values].map(([name, all]): [string, string] => [name, all.join(",")]).sort(byCode);
}

// What cannot be decoded stands for itself; the upstream then decides.
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function byCode([a, x]: readonly [string, string], [b, y]: readonly [string, string]): number {
  if (a !== b) return a < b ? -1 : 1;
  return x === y ? 0 : x < y ? -1 : 1;
}
