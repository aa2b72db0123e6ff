import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { CliError, exitStatus } from "../errors.ts";

/** A manifest's file as it was read. */
export interface ManifestFile {
  readonly kind: "agents" | "bottles";
  /** The file's name, `.md` included. */
  readonly name: string;
  /** For messages. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** In one fixed order: agents, then bottles, by name. */
export type ManifestFiles = readonly ManifestFile[];

const kinds = ["agents", "bottles"] as const;
// What the parsers take, and one more, so that they see that there is more.
const mostBytes = 2 ** 20 + 1;

/** Every manifest of a folder. @throws CliError `manifest-unreadable` */
export async function readManifestFiles(folder: string): Promise<ManifestFiles> {
  const lists = await Promise.all(kinds.map(async (kind) => (await manifestNames(folder, kind)).map((name) => ({ kind, name }))));
  const files = await Promise.all(lists.flat().map(({ kind, name }) => readManifestFile(folder, kind, name)));
  return files.filter((file) => file !== undefined);
}

/** The names of a folder's agents or bottles, `.md` included. @throws CliError `manifest-unreadable` */
export async function manifestNames(folder: string, kind: ManifestFile["kind"]): Promise<readonly string[]> {
  const names = await readdir(join(folder, kind)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw unreadable(join(folder, kind), error);
  });
  return names.filter((name) => name.endsWith(".md")).sort();
}

/** One manifest; undefined if it is not there. A pipe or a device is refused, not waited for. @throws CliError `manifest-unreadable` */
export async function readManifestFile(folder: string, kind: ManifestFile["kind"], name: string): Promise<ManifestFile | undefined> {
  const path = join(folder, kind, name);
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error("it is not a file");
    const buffer = Buffer.alloc(Math.min(stat.size + 1, mostBytes));
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) read = (await file.read(buffer, length, buffer.length - length)).bytesRead;
    return { kind, name, path, bytes: buffer.subarray(0, length) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): CliError {
  const why = cause instanceof Error ? ("code" in cause ? String(cause.code) : cause.message) : String(cause);
  return new CliError("manifest-unreadable", `${path} cannot be read: ${why}.`, { status: exitStatus.manifest, mend: "Look at the file and its permissions.", cause });
}
