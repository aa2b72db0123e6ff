import { cp, glob, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";

/** A package of the workspace that is never published. */
export interface PrivatePackage {
  readonly folder: string;
  readonly name: string;
}

/**
 * Lays what a built library imports of private packages into its own `dist`, and lets it import that: what is published depends on published
 * packages alone. Its programs, which are bundled, need none of it.
 */
export async function inlinePrivate(folder: string, packages: readonly PrivatePackage[]): Promise<void> {
  const dist = join(folder, "dist");
  for (const { name, folder: source } of packages) {
    const target = join(dist, basename(source));
    const specifier = JSON.stringify(name);
    const importers: string[] = [];
    for await (const file of glob("**/*.{js,d.ts}", { cwd: dist, exclude: ["program", "standalone", "main.js", basename(source)] })) {
      if ((await readFile(join(dist, file), "utf8")).includes(specifier)) importers.push(join(dist, file));
    }
    if (importers.length === 0) continue;
    await rm(target, { recursive: true, force: true });
    await cp(join(source, "dist"), target, { recursive: true, filter: (path) => !path.endsWith(".tsbuildinfo") });
    for (const file of importers) {
      const path = relative(dirname(file), join(target, "index.js"));
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replaceAll(specifier, JSON.stringify(path.startsWith(".") ? path : `./${path}`)));
    }
  }
}
