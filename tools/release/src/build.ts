import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { bundlePrograms } from "./bundle.ts";

/** A package that is published, built. */
export interface BuiltPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
}

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Compiles every published package, bundles its programs, and lays what else it ships beside them. */
export async function buildAll(): Promise<readonly BuiltPackage[]> {
  await execa("tsc", ["-b", "tsconfig.build.json"], { cwd: root, preferLocal: true, localDir: root });
  await shipDockerfiles();
  const packages = await publishedPackages();
  for (const { folder } of packages) await bundlePrograms(folder);
  return packages;
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

async function publishedPackages(): Promise<readonly BuiltPackage[]> {
  const folders = (await Promise.all(["packages", "apps"].map(async (kind) => (await readdir(join(root, kind))).map((name) => join(root, kind, name))))).flat();
  const manifests = await Promise.all(folders.map(async (folder) => {
    const text = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
    return text === undefined ? undefined : { folder, ...JSON.parse(text) as { readonly name: string; readonly version: string; readonly private?: boolean } };
  }));
  return manifests.filter((manifest) => manifest !== undefined).filter((manifest) => manifest.private !== true);
}
