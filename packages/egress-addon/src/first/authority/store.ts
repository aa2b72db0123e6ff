import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { EgressError } from "../errors.ts";
import { mintAuthority, readAuthority, type Authority } from "./authority.ts";

/**
 * Loads the CA of a folder, or makes one in an empty folder: `ca.pem`, and `ca.key` with mode 0600 in a folder of 0700.
 * @throws EgressError `authority-unusable` if what is there cannot be used; it is never replaced
 */
export async function openAuthority(directory: string): Promise<Authority> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const [certificate, key] = await Promise.all([read(join(directory, "ca.pem")), read(join(directory, "ca.key"))]);
  if (certificate === undefined && key === undefined) return makeAuthority(directory);
  try {
    return readAuthority(certificate ?? "", key ?? "");
  } catch (cause) {
    throw new EgressError("authority-unusable", `The CA in ${directory} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. `
      + "Move ca.pem and ca.key away to have a new one made; clients must then trust that one.", { cause });
  }
}

async function makeAuthority(directory: string): Promise<Authority> {
  const authority = mintAuthority();
  // The key first: with a certificate and no key the folder would look broken.
  await write(join(directory, "ca.key"), authority.key.export({ type: "pkcs8", format: "pem" }).toString(), 0o600);
  await write(join(directory, "ca.pem"), authority.certificate, 0o644);
  return authority;
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new EgressError("authority-unusable", `${path} cannot be read: ${error.code ?? error.message}.`, { cause: error });
  });
}

async function write(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await using file = await open(temporary, "wx", mode);
    await file.writeFile(content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
