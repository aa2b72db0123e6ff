import { createHmac, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BottleManifest } from "@bottle/manifest";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const length = 32;
const keyBytes = 32;

/**
 * What the agent holds in the place of each credential of scheme `placeholder`, by its `tokenRef`: as random as the key in
 * BOTTLE_HOME it comes from, other for each bottle, and the same again when the bottle is resumed, since a program may have kept it.
 */
export async function placeholdersOf(home: string, { identity, bottle }: { readonly identity: string; readonly bottle: Pick<BottleManifest, "egress"> }): Promise<Readonly<Record<string, string>>> {
  const names = new Set(bottle.egress.routes.flatMap(({ auth }) => (auth?.scheme === "placeholder" ? [auth.tokenRef] : [])));
  if (names.size === 0) return {};
  const key = await readKey(home);
  return Object.fromEntries([...names].map((name) => [name, placeholder(key, `${identity}\0${name}`)]));
}

function placeholder(key: Buffer, subject: string): string {
  const bytes = createHmac("sha512", key).update(subject).digest();
  // 64 bytes as one number have more than twice the digits that are taken, so that none is likelier than another.
  let number = BigInt(`0x${bytes.toString("hex")}`);
  const digits = Array.from({ length }, () => {
    const digit = alphabet[Number(number % 62n)] ?? "0";
    number /= 62n;
    return digit;
  });
  return `bottle-${digits.join("")}`;
}

async function readKey(home: string): Promise<Buffer> {
  const file = join(home, "placeholder.key");
  await mkdir(home, { recursive: true, mode: 0o700 });
  // Of two starts at once one makes it, and both read it.
  await writeFile(file, randomBytes(keyBytes), { mode: 0o600, flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  return readFile(file);
}
