import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeWhole } from "./store.ts";

/**
 * Makes files in a folder that is read meanwhile: a reader finds the old text or the new one, whole. Names may have folders.
 * @throws what the file system says, naming the file
 */
export async function writeShown(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const name of new Set(Object.keys(files).map((each) => dirname(each)))) await mkdir(join(folder, name), { recursive: true });
  await Promise.all(Object.entries(files).map(([name, content]) => writeWhole(join(folder, name), content)));
}
