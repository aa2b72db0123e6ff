import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";

/**
 * The project's `.bottle` folder if its present content is trusted; undefined if there is none. A repository may not
 * widen its own cage: what was trusted is the content, so any change has to be looked at again.
 * @throws CliError `project-untrusted`
 */
export async function trustedProject(context: Context): Promise<string | undefined> {
  const folder = join(context.cwd, ".bottle");
  const hash = await projectHash(folder);
  if (hash === undefined || folder === context.home) return undefined;
  const trusted = await readTrust(context);
  if (trusted[folder] === hash) return folder;
  throw new CliError("project-untrusted", trusted[folder] === undefined
    ? `${folder} has manifests that nobody has trusted yet.`
    : `${folder} has changed since it was trusted.`, { status: exitStatus.manifest, mend: "Read them, then run `bottle trust`." });
}

/** SHA-256 over names and contents of a project's manifests; undefined if it has none. */
export async function projectHash(folder: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  let count = 0;
  for (const kind of ["agents", "bottles"]) {
    const names = (await readdir(join(folder, kind)).catch((): string[] => [])).filter((name) => name.endsWith(".md")).sort();
    for (const name of names) {
      const content = await readFile(join(folder, kind, name));
      hash.update(`${kind}/${name}\0${content.length}\0`).update(content);
      count += 1;
    }
  }
  return count === 0 ? undefined : hash.digest("hex");
}

/** Folder → hash of the content that was trusted. */
export async function readTrust(context: Context): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(context.home, "trust.json"), "utf8").catch(() => "{}");
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
  } catch {
    // What cannot be read trusts nothing.
    return {};
  }
}

/** Replaces what is trusted. */
export async function writeTrust(context: Context, trust: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(context.home, { recursive: true, mode: 0o700 });
  await writeWhole(join(context.home, "trust.json"), `${JSON.stringify(trust, undefined, 2)}\n`);
}
