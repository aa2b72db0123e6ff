import { createHash, X509Certificate } from "node:crypto";

/** The password Java's own trust store has; it guards nothing but the file's integrity. */
export const truststorePassword = "changeit";

/**
 * A Java trust store (JKS, version 2) with the given certificates, for programs that read no PEM bundle. The format is
 * that of OpenJDK's sun.security.provider.JavaKeyStore: big-endian entries, then SHA-1 over the password as UTF-16, the
 * salt "Mighty Aphrodite" and the entries.
 * @param certificates PEM texts
 */
export function javaTruststore(certificates: readonly string[]): Uint8Array {
  const entries = Buffer.concat([
    uint32(0xfeedfeed), uint32(2), uint32(certificates.length),
    ...certificates.flatMap((pem, index) => {
      const der = new X509Certificate(pem).raw;
      return [uint32(2), text(`bottle-${index}`), Buffer.alloc(8), text("X.509"), uint32(der.length), der];
    }),
  ]);
  const digest = createHash("sha1").update(utf16(truststorePassword)).update("Mighty Aphrodite").update(entries).digest();
  return Buffer.concat([entries, digest]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, Buffer.from(value, "latin1")]);
}

function utf16(value: string): Buffer {
  return Buffer.from(value, "utf16le").swap16();
}
