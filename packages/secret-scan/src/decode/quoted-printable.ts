import { decodeOnce } from "./percent.ts";

/** Quoted-printable (RFC 2045 §6.7) undone. */
export function decodeQuotedPrintable(bytes: Buffer): Buffer {
  const joined = Buffer.from(bytes.toString("latin1").replaceAll(/=[ \t]{0,64}\r?\n/g, ""), "latin1");
  return decodeOnce(joined, { escape: 0x3d, isOwn: true }) ?? joined;
}
