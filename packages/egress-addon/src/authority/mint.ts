import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { extension, keyIdentifier, publicKeyOf, signCertificate, validity } from "./certificate.ts";
import * as der from "./der.ts";

const authorityDays = 365;

/** A certificate authority: the public certificate and the key that signs leaves. */
export interface Authority {
  /** PEM of the self-signed CA certificate. */
  readonly certificate: string;
  readonly commonName: string;
  /** P-256. Never leaves the process but into the CA directory. */
  readonly key: KeyObject;
  /** When the certificate ends. */
  readonly notAfter: Date;
}

/**
 * Makes a CA in about a millisecond: P-256, 365 days, may sign end-entity certificates only (RFC 5280: critical basicConstraints
 * with pathLen 0, critical keyUsage, subject and authority key identifiers).
 */
export function mintAuthority(options: { readonly commonName: string }): Authority {
  const { commonName } = options;
  const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicKey = publicKeyOf(key);
  const dates = validity(Date.now(), authorityDays);
  const identifier = keyIdentifier(publicKey);
  const certificate = signCertificate({
    subject: commonName, issuer: commonName, publicKey, ...dates,
    extensions: [
      extension("2.5.29.19", true, der.sequence(der.boolean(true), der.integer(Buffer.from([0])))),
      extension("2.5.29.15", true, der.bits(Buffer.from([0b0000_0110]), 1)),
      extension("2.5.29.14", false, der.octets(identifier)),
      extension("2.5.29.35", false, der.sequence(der.taggedBytes(0, identifier))),
    ],
  }, key);
  return { certificate, commonName, key, notAfter: dates.notAfter };
}
