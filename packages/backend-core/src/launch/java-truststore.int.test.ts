import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { javaTruststore, truststorePassword } from "./java-truststore.ts";

test("Java's own keytool reads the trust store and finds the certificates trusted", () => {
  const folder = mkdtempSync(join(tmpdir(), "bottle-jks-"));
  try {
    const path = join(folder, "truststore.jks");
    writeFileSync(path, javaTruststore(rootCertificates.slice(0, 2)));
    const list = execFileSync("keytool", ["-list", "-keystore", path, "-storepass", truststorePassword], { encoding: "utf8", stdio: "pipe" });
    expect(list).toContain("Your keystore contains 2 entries");
    expect(list.match(/trustedCertEntry/g)).toHaveLength(2);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
