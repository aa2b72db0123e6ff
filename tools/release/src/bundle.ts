import { chmod, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";

/**
 * Makes the programs of a built package into few files (`dist/program/`), its dependencies with it: Node takes longer to
 * find and open four hundred small modules than to run them. What is loaded on demand stays so, in files of its own.
 */
export async function bundlePrograms(folder: string): Promise<void> {
  const { bin = {} } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { readonly bin?: Readonly<Record<string, string>> };
  for (const program of Object.values(bin)) {
    const directory = dirname(join(folder, program));
    // Made beside it and moved: another process may be reading the old one.
    const fresh = await mkdtemp(`${directory}.`);
    try {
      await write(join(folder, "dist", "main.js"), { folder, directory: fresh, conditionNames: [] });
      await chmod(fresh, 0o755);
      await rm(directory, { recursive: true, force: true });
      await rename(fresh, directory);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }
}

/** The same of a package's sources, not built, into a folder of the caller's: for tests. */
export function bundleSources(folder: string, directory: string): Promise<void> {
  return write(join(folder, "src", "main.ts"), { folder, directory, conditionNames: ["@bottle/source"] });
}

// The dashboard's libraries as they are in earnest, without the checks and tools for those who write them.
const earnest = { external: ["react-devtools-core"], transform: { define: { "process.env.NODE_ENV": '"production"' } } };

async function write(main: string, { folder, directory, conditionNames }: { readonly folder: string; readonly directory: string; readonly conditionNames: readonly string[] }): Promise<void> {
  await using bundle = await rolldown({
    input: { main }, cwd: folder, platform: "node", ...earnest,
    ...(conditionNames.length > 0 && { resolve: { conditionNames: [...conditionNames, "node", "import", "module", "default"] } }),
  });
  await bundle.write({ dir: directory, format: "esm", minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } }, chunkFileNames: "[name]-[hash].js" });
}
