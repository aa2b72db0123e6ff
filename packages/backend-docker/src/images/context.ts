import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { BottleError } from "@bottle/backend-core";
import { tarEnd, tarHeader, tarPadding } from "../files/tar-header.ts";

/** One file of a build context: its text, or the file of this machine it is read from. */
export type ContextFile =
  | { readonly path: string; readonly mode: number; readonly text: string }
  | { readonly path: string; readonly mode: number; readonly source: string; readonly size: number };

/** A file of this machine, under a name in the context. */
export async function contextFile(path: string, source: string, mode: number): Promise<ContextFile> {
  const stats = await lstat(source).catch((error: unknown) => {
    throw new BottleError("backend-unavailable", `${source}, which goes into an image, cannot be read.`, { mend: "Look at the path.", cause: error });
  });
  // A link would lead to a file nobody named.
  if (!stats.isFile()) throw new BottleError("backend-unavailable", `${source}, which goes into an image, is not a file.`, { mend: "Name the file itself, not a link or a folder." });
  return { path, mode, source, size: stats.size };
}

/** The files of a folder and of those below it, in a fixed order. */
export async function contextFolder(path: string, source: string): Promise<readonly ContextFile[]> {
  const entries = await readdir(source, { withFileTypes: true });
  const files = await Promise.all(entries.map(async (entry) => {
    const [to, from] = [`${path}/${entry.name}`, join(source, entry.name)];
    return entry.isDirectory() ? contextFolder(to, from) : [await contextFile(to, from, 0o644)];
  }));
  return files.flat().toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

/** The first 12 hex digits of a hash over what makes an image: build arguments and all files. */
export async function hashContext(files: readonly ContextFile[], more: Readonly<Record<string, string>>): Promise<string> {
  const sums = await Promise.all(files.map(async (file) => [file.path, file.mode, await sumOf(file)]));
  return createHash("sha256").update(JSON.stringify([sums, Object.entries(more).toSorted()])).digest("hex").slice(0, 12);
}

async function sumOf(file: ContextFile): Promise<string> {
  const hash = createHash("sha256");
  if ("text" in file) return hash.update(file.text).digest("hex");
  for await (const chunk of createReadStream(file.source)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** The context as a tar stream, for `docker build -`: an engine elsewhere has none of our files. */
export async function* packContext(files: readonly ContextFile[]): AsyncGenerator<Uint8Array, void> {
  for (const file of files) {
    const content = "text" in file ? [Buffer.from(file.text)] : createReadStream(file.source);
    const size = "text" in file ? Buffer.byteLength(file.text) : file.size;
    yield tarHeader({ path: file.path, mode: file.mode, size });
    let sent = 0;
    for await (const chunk of content) {
      sent += (chunk as Uint8Array).length;
      yield chunk as Uint8Array;
    }
    if (sent !== size) throw new BottleError("backend-unavailable", `${file.path} changed while it was sent to the engine.`, { mend: "Build again." });
    yield tarPadding(size);
  }
  yield tarEnd;
}
