import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";
import * as der from "./der.ts";

const dayMs = 86_400_000;
const commonName = der.oid("2.5.4.3");
const ecdsaWithSha256 = der.sequence(der.oid("1.2.840.10045.4.3.2"));

/** What a certificate says, before it is signed. */
export interface CertificateContent {
  readonly subject: string;
  readonly issuer: string;
  /** DER of the subject's SubjectPublicKeyInfo. */
  readonly publicKey: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly extensions: readonly der.Node[];
}

/** Builds an X.509 v3 certificate and signs it natively with a P-256 key. Answers PEM. */
export function signCertificate(content: CertificateContent, issuerKey: KeyObject): string {
  const body = der.sequence(
    der.tagged(0, der.integer(Buffer.from([2]))),
    der.integer(serialNumber()),
    ecdsaWithSha256,
    name(content.issuer),
    der.sequence(der.time(content.notBefore), der.time(content.notAfter)),
    name(content.subject),
    content.publicKey,
    der.tagged(3, der.sequence(...content.extensions)),
  );
  const signature = sign("sha256", body, issuerKey);
  const whole = der.sequence(body, ecdsaWithSha256, der.bits(signature));
  return `-----BEGIN CERTIFICATE-----\n${whole.toString("base64").replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`;
}

/** From an hour ago (clocks differ) for so many days. Not by the calendar: a year later is a number of days, not a date. */
export function validity(now: number, days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(now - 3_600_000), notAfter: new Date(now + days * dayMs) };
}

/** RFC 5280 4.2: an extension, marked critical or not. */
export function extension(id: string, isCritical: boolean, value: der.Node): der.Node {
  const critical = isCritical ? [der.boolean(true)] : [];
  return der.sequence(der.oid(id), ...critical, der.octets(value));
}

/** DER of the SubjectPublicKeyInfo that belongs to a private key. */
export function publicKeyOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ type: "spki", format: "der" });
}

/** 160 bits that name a public key (RFC 7093: truncated SHA-256 of its SubjectPublicKeyInfo). */
export function keyIdentifier(publicKey: Buffer): Buffer {
  return createHash("sha256").update(publicKey).digest().subarray(0, 20);
}

// 16 random bytes that are positive and have no leading zero as a DER integer.
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

function name(text: string): der.Node {
  return der.sequence(der.set(der.sequence(commonName, der.utf8(text))));
}
