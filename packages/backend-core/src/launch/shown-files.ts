import { readFile } from "node:fs/promises";
import { javaTruststore } from "./java-truststore.ts";

// Debian and Ubuntu, Fedora and RHEL, openSUSE, Alpine.
const systemBundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The files of /etc/bottle: the bottle's CA alone, merged with the system's for programs that replace their roots, and for Java. */
export async function shownFiles(caCertificate: string): Promise<Readonly<Record<string, string | Uint8Array>>> {
  return {
    "ca.pem": caCertificate,
    "ca-bundle.pem": `${await systemRoots()}${caCertificate}`,
    "truststore.jks": javaTruststore([caCertificate]),
  };
}

async function systemRoots(): Promise<string> {
  for (const path of systemBundles) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text !== undefined) return text.endsWith("\n") ? text : `${text}\n`;
  }
  return "";
}
