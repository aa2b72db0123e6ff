import { generateKeyPairSync } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import { extension, keyIdentifier, publicKeyOf, signCertificate, validity } from "./certificate.ts";
import * as der from "./der.ts";
import type { Authority } from "./mint.ts";

const leafDays = 30;
/** RFC 5280 ub-common-name; the name that counts is the subject alternative name. */
const longestCommonName = 64;

/** A server certificate and its key. */
export interface Leaf {
  /** PEM, without the CA's. */
  readonly certificate: string;
  /** PKCS#8 PEM. All leaves of one issuer share it. */
  readonly key: string;
}

/**
 * Issues server certificates of a CA for canonical host names and IP addresses: SAN, serverAuth, key identifiers, at most 30 days
 * and never longer than the CA. They share one P-256 key, which proves nothing that the CA's own key does not.
 */
export function createIssuer(authority: Authority): (host: string) => Leaf {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const publicKey = publicKeyOf(privateKey);
  const issuer = keyIdentifier(publicKeyOf(authority.key));
  const sameForAll = [
    extension("2.5.29.19", true, der.sequence()),
    extension("2.5.29.15", true, der.bits(Buffer.from([0b1000_0000]), 7)),
    extension("2.5.29.37", false, der.sequence(der.oid("1.3.6.1.5.5.7.3.1"))),
    extension("2.5.29.14", false, der.octets(keyIdentifier(publicKey))),
    extension("2.5.29.35", false, der.sequence(der.taggedBytes(0, issuer))),
  ];
  return (host) => {
    const { notBefore, notAfter } = validity(Date.now(), leafDays);
    const certificate = signCertificate({
      subject: host.length > longestCommonName ? "bottle" : host, issuer: authority.commonName, publicKey,
      notBefore, notAfter: notAfter < authority.notAfter ? notAfter : authority.notAfter,
      extensions: [...sameForAll, extension("2.5.29.17", false, der.sequence(subjectName(host)))],
    }, authority.key);
    return { certificate, key };
  };
}

function subjectName(host: string): der.Node {
  if (isIPv4(host)) return der.taggedBytes(7, Buffer.from(host.split(".").map(Number)));
  if (isIPv6(host)) return der.taggedBytes(7, ipv6Bytes(host));
  return der.taggedBytes(2, Buffer.from(host, "latin1"));
}

// `host` is in its compressed hexadecimal spelling.
function ipv6Bytes(host: string): Buffer {
  const [head = "", tail = ""] = host.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const start = groups(head);
  const end = groups(tail);
  const middle = Array.from({ length: 8 - start.length - end.length }, () => "0");
  return Buffer.from([...start, ...middle, ...end].map((group) => group.padStart(4, "0")).join(""), "hex");
}
