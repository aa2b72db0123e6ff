import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { bundlePrograms } from "./bundle.ts";
import { inlinePrivate } from "./inline.ts";

/** A package that is published, built. */
export interface BuiltPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Compiles every published package, takes what is private into it, bundles its programs, and lays what else it ships beside them. */
export async function buildAll(): Promise<readonly BuiltPackage[]> {
  await execa("tsc", ["-b", "tsconfig.build.json"], { cwd: root, preferLocal: true, localDir: root });
  await shipDockerfiles();
  const packages = await workspacePackages();
  const published = packages.filter(({ isPrivate }) => !isPrivate);
  const hidden = packages.filter(({ isPrivate }) => isPrivate);
  for (const { folder } of published) {
    await inlinePrivate(folder, hidden);
    await bundlePrograms(folder);
  }
  return published;
}

// A package ships only what is below its own folder; in the repository they stand where people look for them.
async function shipDockerfiles(): Promise<void> {
  const target = join(root, "packages/backend-docker/dist/dockerfiles");
  await rm(target, { recursive: true, force: true });
  for (const image of ["agent", "sidecars", "pipelock"]) {
    await mkdir(join(target, image), { recursive: true });
    await cp(join(root, "images", image, "Dockerfile"), join(target, image, "Dockerfile"));
  }
}

async function workspacePackages(): Promise<readonly (BuiltPackage & { readonly isPrivate: boolean })[]> {
  const folders = (await Promise.all(["packages", "apps"].map(async (kind) => (await readdir(join(root, kind))).map((name) => join(root, kind, name))))).flat();
  const manifests = await Promise.all(folders.map(async (folder) => {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    const { name, version, private: isPrivate = false } = JSON.parse(text) as { readonly name: string; readonly version: string; readonly private?: boolean };
    return { folder, name, version, isPrivate };
  }));
  return manifests.filter((manifest) => manifest !== undefined);
}
