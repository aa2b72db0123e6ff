import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { Fault } from "@bottle/manifest";
import { isExposed } from "./exposed.ts";

const largestKeyBytes = 64 * 1024;
const openToOthers = 0o077;

/**
 * What is wrong with a private SSH key of this host; undefined for one that the gate can use: this user's (or root's) alone, no
 * passphrase, for nobody is there to type it, and not among the files that the agent is given. Nothing of its text is told.
 * @param exposed real paths of the folders that the agent is given
 */
export async function identityFileFault(path: string, exposed: readonly string[]): Promise<Fault | undefined> {
  if (await isExposed(path, exposed)) return unusable(`${path} is among the files that the agent is given, and its key must not be.`, "Keep it outside of the workspace.");
  let file: FileHandle;
  try {
    // Opened without waiting: a pipe would hold up the start.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return missing(path, error instanceof Error && "code" in error ? String(error.code) : "unknown");
  }
  try {
    const { mode, uid, size } = await file.stat();
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return unusable(`${path} is not a file.`, "Name the private key itself.");
    if (uid !== 0 && uid !== process.getuid?.()) return unusable(`${path} is another user's.`, `Make a key of your own: ${keygen(path)}`);
    if ((mode & openToOthers) !== 0) return unusable(`${path} is open to others (mode ${(mode & 0o777).toString(8)}).`, `chmod 600 ${path}`);
    return size > largestKeyBytes ? unusable(`${path} is too large to be a key.`, "Name the private key itself.") : textFault(path, await file.readFile("latin1"));
  } finally {
    await file.close();
  }
}

function missing(path: string, code: string): Fault {
  if (code === "ENOENT") return unusable(`${path} is not there.`, `Make it, and give its public half (${path}.pub) to the upstream as a deploy key that may write: ${keygen(path)}`);
  return unusable(`${path} cannot be read: ${code}.`, "Look at the file and its permissions.");
}

function textFault(path: string, text: string): Fault | undefined {
  if (/^(?:ssh|ecdsa|sk)-\S+ AAAA/.test(text)) return unusable(`${path} is a public key.`, path.endsWith(".pub") ? `identity_file: ${path.slice(0, -4)}` : "Name the private key itself.");
  const [, kind, body = ""] = /^-----BEGIN ([A-Z ]*PRIVATE KEY)-----\r?\n([^]*?)-----END \1-----/m.exec(text) ?? [];
  if (kind === undefined) return unusable(`${path} holds no private key.`, `Make one: ${keygen(path)}`);
  return isLocked(kind, body) ? unusable(`${path} has a passphrase, and nobody is there to type it.`, `Make a key for this upstream alone: ${keygen(path)}`) : undefined;
}

// OpenSSH's PROTOCOL.key: a magic word, then the cipher's name; PKCS#8 and PEM say it in their heads.
function isLocked(kind: string, body: string): boolean {
  if (kind.startsWith("ENCRYPTED") || /^Proc-Type: 4,ENCRYPTED/m.test(body)) return true;
  if (kind !== "OPENSSH PRIVATE KEY") return false;
  const magic = "openssh-key-v1\0\0\0\0\u0004none";
  return Buffer.from(body, "base64").toString("latin1", 0, magic.length) !== magic;
}

function keygen(path: string): string {
  return `ssh-keygen -t ed25519 -N "" -f ${path}`;
}

function unusable(what: string, mend: string): Fault {
  return { code: "identity-file-unusable", message: `The identity file ${what}`, mend };
}
