import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { buildAll } from "./build.ts";

// The pnpm that runs this script, where one does: npx would ask the registry again.
const running = process.env["npm_execpath"];
const isPnpm = running !== undefined && running.includes("pnpm");
// It is a script in some installations and a binary in others.
const runner: readonly [string, ...string[]] = isPnpm && /\.[cm]?js$/.test(running) ? [process.execPath, running] : [running ?? ""];
const pnpm = isPnpm ? runner : ["npx", "--yes", "pnpm@12"] as const;
const packTimeoutMs = 120_000;

/** Builds every published package and packs each into `directory`; returns the tarballs' paths by package name. */
export async function packAll(directory: string): Promise<ReadonlyMap<string, string>> {
  await mkdir(directory, { recursive: true });
  const tarballs = new Map<string, string>();
  for (const { folder, name, version } of await buildAll()) {
    // pnpm writes real versions in place of workspace: and catalog:.
    await execa(pnpm[0], [...pnpm.slice(1), "pack", "--pack-destination", directory], { cwd: folder, stdin: "ignore", timeout: packTimeoutMs });
    tarballs.set(name, join(directory, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`));
  }
  return tarballs;
}

/**
 * Installs tarballs by npm into a project of their own, as a user would from the registry.
 * @returns the `bottle` program
 */
export async function installPacked(directory: string, tarballs: ReadonlyMap<string, string>): Promise<string> {
  await mkdir(directory, { recursive: true });
  const files = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]));
  // The packages name each other by version; none of these is in a registry.
  await writeFile(join(directory, "package.json"), JSON.stringify({ name: "packed", private: true, dependencies: files, overrides: Object.fromEntries(Object.keys(files).map((name) => [name, `$${name}`])) }));
  await execa("npm", ["install", "--no-audit", "--no-fund", "--omit=dev"], { cwd: directory });
  return join(directory, "node_modules", ".bin", "bottle");
}
