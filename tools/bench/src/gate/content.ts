import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeSamples, pseudoRandom } from "../dlp/texts.ts";

/** What is pushed: sources for the most part, and one file in ten of bytes that no packing makes smaller. */
export async function makeFiles({ files, bytes }: { readonly files: number; readonly bytes: number }): Promise<ReadonlyMap<string, Buffer>> {
  const [source] = await makeSamples([]);
  const lines = (source?.bytes.toString("latin1") ?? "").split("\n");
  const noise = pseudoRandom(1 << 20);
  const size = Math.floor(bytes / files);
  const made = new Map<string, Buffer>();
  for (let index = 0; index < files; index += 1) {
    const path = `src/part-${index % 50}/file-${index}`;
    if (index % 10 === 9) made.set(`${path}.bin`, noise.subarray((index * 7919) % (noise.length - size)).subarray(0, size));
    else made.set(`${path}.ts`, mixed(lines, { seed: index, size }));
  }
  return made;
}

/** Writes them below a folder. */
export async function writeFiles(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  for (const path of new Set([...files.keys()].map((file) => join(folder, file, "..")))) await mkdir(path, { recursive: true });
  for (const [path, content] of files) await writeFile(join(folder, path), content);
}

// Pieces of 20 lines from all over, in another order in each file, so that files are alike as those of one project are.
function mixed(lines: readonly string[], { seed, size }: { readonly seed: number; readonly size: number }): Buffer {
  const parts: string[] = [`// ${seed}`];
  let state = seed + 1;
  for (let length = 0; length < size;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const piece = lines.slice(state % lines.length).slice(0, 20).join("\n");
    parts.push(piece);
    length += piece.length + 1;
  }
  return Buffer.from(parts.join("\n").slice(0, size), "latin1");
}
