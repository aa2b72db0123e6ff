import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { makeFolder } from "../host/make-folder.ts";
import { readManifestFiles, type ManifestFiles } from "./manifest-files.ts";

/** A project's `.bottle` folder as it was read: what is parsed is what was judged. */
export interface Project {
  readonly folder: string;
  readonly files: ManifestFiles;
  /** SHA-256 over names and contents, in hex. */
  readonly hash: string;
  /** `changed`: other content of this folder was trusted once. */
  readonly trust: "trusted" | "changed" | "never";
}

/**
 * The project the operator stands in; undefined if it has no manifests. A repository may not widen its own cage: what is
 * trusted is a content, so any change has to be looked at again.
 * @throws CliError `manifest-unreadable`
 */
export async function readProject(context: Context, folder: string = join(context.cwd, ".bottle")): Promise<Project | undefined> {
  if (folder === context.home) return undefined;
  const files = await readManifestFiles(folder);
  if (files.length === 0) return undefined;
  const hash = hashOf(files);
  const trusted = await readTrust(context);
  const known = Object.hasOwn(trusted, folder) ? trusted[folder] : undefined;
  return { folder, files, hash, trust: known === hash ? "trusted" : known === undefined ? "never" : "changed" };
}

function hashOf(files: ManifestFiles): string {
  const hash = createHash("sha256");
  for (const { kind, name, bytes } of files) hash.update(`${kind}/${name}\0${bytes.length}\0`).update(bytes);
  return hash.digest("hex");
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
  await makeFolder(context.home);
  await writeWhole(join(context.home, "trust.json"), `${JSON.stringify(trust, undefined, 2)}\n`);
}
