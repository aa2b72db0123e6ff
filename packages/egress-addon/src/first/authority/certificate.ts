import { createHash, createPublicKey, randomBytes, sign, X509Certificate, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import forge from "node-forge";

const { asn1 } = forge;
type Node = forge.asn1.Asn1;

const oids = {
  commonName: "2.5.4.3", ecdsaWithSha256: "1.2.840.10045.4.3.2", basicConstraints: "2.5.29.19", keyUsage: "2.5.29.15",
  extendedKeyUsage: "2.5.29.37", serverAuth: "1.3.6.1.5.5.7.3.1", subjectAltName: "2.5.29.17", subjectKey: "2.5.29.14", authorityKey: "2.5.29.35",
} as const;

/** What a certificate says (RFC 5280). */
export interface CertificateContent {
  readonly commonName: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  /** The issuer's public key, for the authority key identifier. */
  readonly issuerKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The host a leaf is for; absent: a CA that signs leaves only. */
  readonly host?: string;
}

/** Makes and signs a certificate: the structure by node-forge's ASN.1, the ECDSA signature natively (forge signs RSA alone, in JavaScript). */
export function signCertificate(content: CertificateContent, signingKey: KeyObject): string {
  const algorithm = sequence(oid(oids.ecdsaWithSha256));
  const body = sequence(
    context(0, true, [integer("\x02")]),
    integer(serial()),
    algorithm,
    name(content.issuer),
    sequence(time(content.notBefore), time(content.notAfter)),
    name(content.commonName),
    asn1.fromDer(spki(content.publicKey).toString("binary")),
    context(3, true, [sequence(...extensions(content))]),
  );
  const bytes = Buffer.from(asn1.toDer(body).getBytes(), "binary");
  const signature = sign("sha256", bytes, signingKey).toString("binary");
  const whole = sequence(body, algorithm, bits(`\0${signature}`));
  const base64 = Buffer.from(asn1.toDer(whole).getBytes(), "binary").toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n").trimEnd()}\n-----END CERTIFICATE-----\n`;
}

/** The public key of a PEM certificate. */
export function publicKeyOf(pem: string): KeyObject {
  return createPublicKey(new X509Certificate(pem).publicKey.export({ type: "spki", format: "pem" }));
}

function extensions({ host, publicKey, issuerKey }: CertificateContent): readonly Node[] {
  const keys = [
    extension(oids.subjectKey, false, octets(keyId(publicKey))),
    extension(oids.authorityKey, false, sequence(context(0, false, keyId(issuerKey)))),
  ];
  // Bits of keyUsage: digitalSignature 0x80; keyCertSign and cRLSign 0x06. A path length of 0: it signs leaves only.
  if (host === undefined) {
    const constraints = sequence(primitive(asn1.Type.BOOLEAN, "\xff"), integer("\0"));
    return [extension(oids.basicConstraints, true, constraints), extension(oids.keyUsage, true, bits("\x01\x06")), ...keys];
  }
  return [
    extension(oids.basicConstraints, true, sequence()),
    extension(oids.keyUsage, true, bits("\x07\x80")),
    extension(oids.extendedKeyUsage, false, sequence(oid(oids.serverAuth))),
    extension(oids.subjectAltName, false, sequence(alternativeName(host))),
    ...keys,
  ];
}

function alternativeName(host: string): Node {
  return isIP(host) === 0 ? context(2, false, host) : context(7, false, addressBytes(host));
}

/** An address as the 4 or 16 bytes of an iPAddress name. */
function addressBytes(host: string): string {
  if (!host.includes(":")) return String.fromCharCode(...host.split(".").map(Number));
  const [head = "", tail] = host.split("::");
  const groups = (text: string): readonly string[] => text.split(":").filter(Boolean);
  const before = groups(head);
  const after = groups(tail ?? "");
  const zeros = new Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].map((group) => parseInt(group, 16)).map((value) => String.fromCharCode(value >> 8, value & 0xff)).join("");
}

function keyId(key: KeyObject): string {
  return createHash("sha1").update(spki(key)).digest("binary");
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

/** Positive and random, 16 bytes: the top bit clear, the first byte not zero (RFC 5280, 4.1.2.2). */
function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("binary");
}

function extension(id: string, isCritical: boolean, value: Node): Node {
  const content = octets(asn1.toDer(value).getBytes());
  return isCritical ? sequence(oid(id), primitive(asn1.Type.BOOLEAN, "\xff"), content) : sequence(oid(id), content);
}

function name(commonName: string): Node {
  return sequence(asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SET, true, [sequence(oid(oids.commonName), primitive(asn1.Type.UTF8, commonName))]));
}

// UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5).
function time(date: Date): Node {
  return date.getUTCFullYear() < 2050
    ? primitive(asn1.Type.UTCTIME, asn1.dateToUtcTime(date))
    : primitive(asn1.Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date));
}

function sequence(...nodes: readonly Node[]): Node {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [...nodes]);
}

function primitive(type: forge.asn1.Type, value: string): Node {
  return asn1.create(asn1.Class.UNIVERSAL, type, false, value);
}

function context(tag: number, isConstructed: boolean, value: Node[] | string): Node {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, tag, isConstructed, value);
}

const integer = (value: string): Node => primitive(asn1.Type.INTEGER, value);
const octets = (value: string): Node => primitive(asn1.Type.OCTETSTRING, value);
const bits = (value: string): Node => primitive(asn1.Type.BITSTRING, value);
const oid = (value: string): Node => primitive(asn1.Type.OID, asn1.oidToDer(value).getBytes());
