import { stat } from "node:fs/promises";
import { StandaloneError } from "@bottle/standalone";
import { run } from "../../git/run.ts";
import type { GateRepository } from "../../options.ts";

/**
 * Looks at the files that a repository names, before ssh and git do so in the middle of a push.
 * @throws StandaloneError `file-unreadable`, `file-unsafe`
 */
export async function checkFiles({ name, identityFile, knownHostsFiles = [], caFile }: GateRepository): Promise<void> {
  const others = [...knownHostsFiles.map((file) => ["known_hosts", file] as const), ...(caFile === undefined ? [] : [["ca_file", caFile] as const])];
  for (const [key, file] of others) await look(`${name}: ${key}`, file);
  if (identityFile === undefined) return;
  const { mode, uid } = await look(`${name}: identity_file`, identityFile);
  // ssh refuses a key that others may read (ssh(1), FILES), and so it is.
  if ((mode & 0o077) !== 0) {
    throw new StandaloneError("file-unsafe", `${name}: identity_file ${identityFile} is open to others (mode ${(mode & 0o777).toString(8)}).`, { mend: `chmod 600 ${identityFile}` });
  }
  if (uid !== process.getuid?.() && uid !== 0) throw new StandaloneError("file-unsafe", `${name}: identity_file ${identityFile} is another user's.`, { mend: "Give the gate a key of its own." });
  if (!await isUsable(identityFile)) {
    throw new StandaloneError("file-unreadable", `${name}: identity_file ${identityFile} is no private key that ssh can use without a passphrase.`, { mend: `Make one for this upstream alone: ssh-keygen -t ed25519 -N "" -f ${identityFile}.new` });
  }
}

// Without its tools ssh may still be there, and says the same later.
async function isUsable(identityFile: string): Promise<boolean> {
  const { PATH = "" } = process.env;
  const read = await run({ argv: ["ssh-keygen", "-y", "-P", "", "-f", identityFile], env: { PATH, LC_ALL: "C" } }).catch(() => undefined);
  return read === undefined || read.code === 0;
}

async function look(what: string, file: string): Promise<{ readonly mode: number; readonly uid: number }> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new StandaloneError("file-unreadable", `${what} ${file} cannot be read: ${cause instanceof Error && "code" in cause ? String(cause.code) : String(cause)}.`, { cause, mend: "Look at the path and its permissions." });
  });
  if (!found.isFile()) throw new StandaloneError("file-unreadable", `${what} ${file} is not a file.`);
  return found;
}
