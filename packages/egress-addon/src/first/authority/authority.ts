import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate, type KeyObject } from "node:crypto";
import { publicKeyOf, signCertificate } from "./certificate.ts";

/** A CA: its public certificate and its key. */
export interface Authority {
  /** PEM. */
  readonly certificate: string;
  readonly commonName: string;
  readonly key: KeyObject;
}

/** A server certificate with the key all leaves of this process share. */
export interface Leaf {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

const dayMs = 86_400_000;
const authorityDays = 3650;
const leafDays = 30;
// Clocks inside containers and VMs run a little behind.
const slackMs = dayMs;

/** Makes a CA: EC P-256, ten years, its own random name. Takes a millisecond. */
export function mintAuthority({ commonName = `bottle ${randomBytes(6).toString("hex")}` }: { readonly commonName?: string } = {}): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const now = Date.now();
  const certificate = signCertificate({
    commonName, issuer: commonName, publicKey, issuerKey: publicKey,
    notBefore: new Date(now - slackMs), notAfter: new Date(now + authorityDays * dayMs),
  }, privateKey);
  return { certificate, commonName, key: privateKey };
}

/** Reads a CA back from its PEM texts; throws if they do not belong together or have expired. */
export function readAuthority(certificate: string, keyPem: string): Authority {
  const parsed = new X509Certificate(certificate);
  const key = createPrivateKey(keyPem);
  if (!parsed.ca || !parsed.checkPrivateKey(key)) throw new Error("certificate and key do not belong together");
  if (parsed.validToDate.getTime() < Date.now()) throw new Error("the certificate has expired");
  return { certificate, commonName: parsed.subject.replace(/^CN=/, ""), key };
}

/** Issues server certificates of one CA; they share one key that is only in memory. */
export function createIssuer(authority: Authority): (host: string) => Leaf {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const issuerKey = publicKeyOf(authority.certificate);
  return (host) => {
    const now = Date.now();
    const certificate = signCertificate({
      // A common name holds 64 characters (RFC 5280, ub-common-name); the name that counts is the alternative one.
      commonName: host.slice(0, 64), issuer: authority.commonName, publicKey, issuerKey, host,
      notBefore: new Date(now - slackMs), notAfter: new Date(now + leafDays * dayMs),
    }, authority.key);
    return { certificate, key };
  };
}
