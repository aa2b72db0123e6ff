import { decodeQuotedPrintable } from "../decode/quoted-printable.ts";

/** One part of a multipart body (RFC 2046 §5.1), its transfer encoding undone. */
export interface Part {
  readonly headers: Buffer;
  readonly fileName: string | undefined;
  readonly contentType: string | undefined;
  readonly content: Buffer;
}

/** The boundary that a multipart media type names (RFC 2046 §5.1.1: at most 70 characters). */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^\s*multipart\//i.test(contentType)) return undefined;
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

/** The parts, up to one more than `most`; undefined if the boundary is not there at all. */
export function readParts(body: Buffer, boundary: string, most: number): readonly Part[] | undefined {
  const delimiter = Buffer.from(`--${boundary}`, "latin1");
  const parts: Part[] = [];
  let at = body.indexOf(delimiter);
  if (at === -1) return undefined;
  while (at !== -1 && parts.length <= most) {
    const from = at + delimiter.length;
    // The closing delimiter has two dashes more.
    if (body[from] === 0x2d && body[from + 1] === 0x2d) break;
    const next = body.indexOf(delimiter, from);
    parts.push(readPart(body.subarray(from, next === -1 ? body.length : next)));
    at = next;
  }
  return parts;
}

function readPart(part: Buffer): Part {
  const windows = part.indexOf("\r\n\r\n");
  const unix = part.indexOf("\n\n");
  const isUnix = unix !== -1 && (windows === -1 || unix < windows);
  const end = isUnix ? unix : windows;
  const headers = part.subarray(0, end === -1 ? part.length : end);
  const raw = end === -1 ? Buffer.alloc(0) : part.subarray(end + (isUnix ? 2 : 4));
  const text = headers.toString("latin1");
  const header = (name: string): string | undefined => new RegExp(`^${name}:[ \\t]*([^\\r\\n]{0,1000})`, "im").exec(text)?.[1];
  const [, quoted, plain] = /filename\*?=(?:"([^"]{0,1000})"|([^;\s]{1,1000}))/i.exec(header("content-disposition") ?? "") ?? [];
  return { headers, fileName: quoted ?? plain, contentType: header("content-type"), content: undo(header("content-transfer-encoding"), raw) };
}

function undo(encoding: string | undefined, raw: Buffer): Buffer {
  const name = encoding?.trim().toLowerCase();
  if (name === "base64") return Buffer.from(raw.toString("latin1"), "base64");
  return name === "quoted-printable" ? decodeQuotedPrintable(raw) : raw;
}
