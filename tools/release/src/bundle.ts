import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { rolldown } from "rolldown";

/**
 * Makes the programs of a built package into few files (`dist/program/`), its dependencies with it: Node takes longer to
 * find and open four hundred small modules than to run them. What is loaded on demand stays so, in files of its own.
 */
export async function bundlePrograms(folder: string): Promise<void> {
  const { bin = {} } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { readonly bin?: Readonly<Record<string, string>> };
  for (const program of Object.values(bin)) {
    const directory = join(folder, program, "..");
    await rm(directory, { recursive: true, force: true });
    await using bundle = await rolldown({ input: { main: join(folder, "dist", "main.js") }, cwd: folder, platform: "node" });
    await bundle.write({ dir: directory, format: "esm", minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } }, chunkFileNames: "[name]-[hash].js" });
  }
}
