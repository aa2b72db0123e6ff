import type forge from "node-forge";
import { asn1 } from "./forge-asn1.ts";

/** One value in DER: what is the same in many certificates is encoded once. */
export type Node = Buffer;

const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class;
/** X.690 8.1.2.5: the bit of a tag that says that other values are in this one. */
const constructed = 0x20;

export function sequence(...items: readonly Node[]): Node {
  return value(UNIVERSAL, asn1.Type.SEQUENCE | constructed, items);
}

export function set(item: Node): Node {
  return value(UNIVERSAL, asn1.Type.SET | constructed, [item]);
}

/** A context-specific tag around other nodes. */
export function tagged(tag: number, ...items: readonly Node[]): Node {
  return value(CONTEXT_SPECIFIC, tag | constructed, items);
}

/** A context-specific primitive of raw bytes, for example a dNSName. */
export function taggedBytes(tag: number, bytes: Buffer): Node {
  return value(CONTEXT_SPECIFIC, tag, [bytes]);
}

export function oid(dotted: string): Node {
  return value(UNIVERSAL, asn1.Type.OID, [Buffer.from(asn1.oidToDer(dotted).getBytes(), "latin1")]);
}

export function integer(bytes: Buffer): Node {
  return value(UNIVERSAL, asn1.Type.INTEGER, [bytes]);
}

export function boolean(isTrue: boolean): Node {
  return value(UNIVERSAL, asn1.Type.BOOLEAN, [Buffer.from([isTrue ? 0xff : 0])]);
}

export function utf8(text: string): Node {
  return value(UNIVERSAL, asn1.Type.UTF8, [Buffer.from(text, "utf8")]);
}

export function octets(bytes: Buffer): Node {
  return value(UNIVERSAL, asn1.Type.OCTETSTRING, [bytes]);
}

/** A BIT STRING whose last byte has `unused` bits too many. */
export function bits(bytes: Buffer, unused = 0): Node {
  return value(UNIVERSAL, asn1.Type.BITSTRING, [Buffer.from([unused]), bytes]);
}

/** RFC 5280 4.1.2.5: UTCTime until 2049, GeneralizedTime after. */
export function time(date: Date): Node {
  const { UTCTIME, GENERALIZEDTIME } = asn1.Type;
  const isShort = date.getUTCFullYear() < 2050;
  const text = String(isShort ? asn1.dateToUtcTime(date) : asn1.dateToGeneralizedTime(date));
  return value(UNIVERSAL, isShort ? UTCTIME : GENERALIZEDTIME, [Buffer.from(text)]);
}

// node-forge writes the tag and the length. What is inside is encoded already, for which it has no node but a primitive.
function value(tagClass: forge.asn1.Class, tag: number, contents: readonly Buffer[]): Node {
  const node = asn1.create(tagClass, tag, false, Buffer.concat(contents).toString("latin1"));
  return Buffer.from(asn1.toDer(node).getBytes(), "latin1");
}
