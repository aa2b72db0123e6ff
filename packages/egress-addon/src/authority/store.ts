import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EgressError } from "../errors.ts";
import { type Authority, mintAuthority } from "./mint.ts";

// A CA that ends sooner than a leaf would is made anew.
const shortestRemainderMs = 31 * 86_400_000;

/**
 * The CA of a directory (0700): `ca.pem`, public, and `ca.key`, 0600. Read if both are whole and last another month, else made.
 * @throws EgressError `authority-unsafe` if others may enter the directory, `authority-failed` if it cannot be read or written
 */
export async function openAuthority(directory: string, commonName: string): Promise<Authority> {
  try {
    await prepareDirectory(directory);
    return await loadAuthority(directory) ?? await makeAuthority(directory, commonName);
  } catch (cause) {
    if (cause instanceof EgressError) throw cause;
    throw new EgressError("authority-failed", `The CA in ${directory} could not be read or made: ${cause instanceof Error ? cause.message : String(cause)}. Check that it is a writable directory.`, { cause });
  }
}

async function prepareDirectory(directory: string): Promise<void> {
  if (await mkdir(directory, { recursive: true, mode: 0o700 }) !== undefined) return;
  const { mode, uid } = await stat(directory);
  const isOurs = process.getuid === undefined || uid === process.getuid();
  if (isOurs && (mode & 0o077) === 0) return;
  throw new EgressError("authority-unsafe", `The CA directory ${directory} must be this user's own with mode 0700. Run: chmod 700 ${directory}`);
}

/** The CA of a directory, if it is whole and lasts another month. Only reads. */
export async function loadAuthority(directory: string): Promise<Authority | undefined> {
  try {
    const keyFile = join(directory, "ca.key");
    const [certificate, pem, { mode }] = await Promise.all([readFile(join(directory, "ca.pem"), "utf8"), readFile(keyFile, "utf8"), stat(keyFile)]);
    const parsed = new X509Certificate(certificate);
    const key = createPrivateKey(pem);
    const commonName = /^CN=(.+)$/m.exec(parsed.subject)?.[1];
    const notAfter = new Date(parsed.validTo);
    const isWhole = parsed.ca && parsed.checkPrivateKey(key) && key.asymmetricKeyType === "ec" && (mode & 0o077) === 0;
    const isLasting = notAfter.getTime() - Date.now() > shortestRemainderMs;
    return isWhole && isLasting && commonName !== undefined ? { certificate, commonName, key, notAfter } : undefined;
  } catch {
    return undefined;
  }
}

// The public certificate comes last: without it the key counts for nothing.
async function makeAuthority(directory: string, commonName: string): Promise<Authority> {
  const authority = mintAuthority({ commonName });
  await rm(join(directory, "ca.pem"), { force: true });
  await replace(join(directory, "ca.key"), authority.key.export({ type: "pkcs8", format: "pem" }).toString());
  await replace(join(directory, "ca.pem"), authority.certificate);
  return authority;
}

async function replace(file: string, text: string): Promise<void> {
  const draft = `${file}.new`;
  await rm(draft, { force: true });
  await writeFile(draft, text, { mode: 0o600, flag: "wx" });
  await rename(draft, file);
}
