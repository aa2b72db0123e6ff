import type forge from "node-forge";
import { asn1 } from "./forge-asn1.ts";

/** A node of a DER tree. */
export type Node = forge.asn1.Asn1;

export function sequence(...items: Node[]): Node {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, items);
}

export function set(...items: Node[]): Node {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SET, true, items);
}

/** A context-specific tag around other nodes. */
export function tagged(tag: number, ...items: Node[]): Node {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag, true, items);
}

/** A context-specific primitive of raw bytes, for example a dNSName. */
export function taggedBytes(tag: number, bytes: Buffer): Node {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag, false, bytes.toString("latin1"));
}

export function oid(dotted: string): Node {
  return primitive(asn1.Type.OID, asn1.oidToDer(dotted).getBytes());
}

export function integer(bytes: Buffer): Node {
  return primitive(asn1.Type.INTEGER, bytes.toString("latin1"));
}

export function boolean(value: boolean): Node {
  return primitive(asn1.Type.BOOLEAN, value ? "\xff" : "\0");
}

export function utf8(text: string): Node {
  return primitive(asn1.Type.UTF8, Buffer.from(text, "utf8").toString("latin1"));
}

export function octets(bytes: Buffer): Node {
  return primitive(asn1.Type.OCTETSTRING, bytes.toString("latin1"));
}

/** A BIT STRING whose last byte has `unused` bits too many. */
export function bits(bytes: Buffer, unused = 0): Node {
  return primitive(asn1.Type.BITSTRING, String.fromCharCode(unused) + bytes.toString("latin1"));
}

/** RFC 5280 4.1.2.5: UTCTime until 2049, GeneralizedTime after. */
export function time(date: Date): Node {
  const { UTCTIME, GENERALIZEDTIME } = asn1.Type;
  const isShort = date.getUTCFullYear() < 2050;
  return primitive(isShort ? UTCTIME : GENERALIZEDTIME, String(isShort ? asn1.dateToUtcTime(date) : asn1.dateToGeneralizedTime(date)));
}

/** A node from DER that something else made. */
export function raw(der: Buffer): Node {
  return asn1.fromDer(der.toString("latin1"));
}

export function encode(node: Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), "latin1");
}

function primitive(type: forge.asn1.Type, bytes: string): Node {
  return asn1.create(asn1.Class.UNIVERSAL, type, false, bytes);
}
