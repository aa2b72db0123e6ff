import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StatePaths } from "@bottle/backend-core";

/**
 * The fingerprint of the CA a launched bottle trusts, as `openssl x509 -noout -fingerprint -sha256` prints it, in a row of
 * the preflight's. Every backend shows the file from the same folder.
 */
export async function caLine({ shown }: Pick<StatePaths, "shown">): Promise<string> {
  const { fingerprint256 } = new X509Certificate(await readFile(join(shown, "ca.pem")));
  return `  ${"ca".padEnd(11)}SHA-256 ${fingerprint256}`;
}
