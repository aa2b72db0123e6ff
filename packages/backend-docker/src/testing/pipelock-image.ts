import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Docker } from "../engine/docker.ts";
import { runBuild } from "../images/run-build.ts";
import { contextFile } from "../images/context.ts";
import { readDockerfile } from "../images/dockerfiles.ts";
import { currentName, imageLabels, imagesVersion } from "../images/names.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const run = promisify(execFile);

/**
 * Puts an image on the engine as `bottle images build` would, whose pipelock is the stand-in of @bottle/egress-addon: the real one
 * cannot be installed where this was written. Disposing takes its name away.
 * @param upstreams where the stand-in's upstreams are, `ADDRESS:PORT`, whatever they are called
 */
export async function standInImage(docker: Docker, options: { readonly sidecars: string; readonly hosts: readonly string[]; readonly upstreams: string }): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "bottle-stand-in-"));
  try {
    const file = join(folder, "pipelock");
    await writeFile(file, await standInProgram(folder, options));
    await chmod(file, 0o755);
    const files = [{ path: "Dockerfile", mode: 0o644, text: await readDockerfile("pipelock") }, await contextFile("pipelock", file, 0o755)];
    const labels = { [imageLabels.kind]: "pipelock", [imageLabels.version]: imagesVersion };
    const args = ["--tag", currentName("pipelock"), "--build-arg", `BASE=${options.sidecars}`, ...Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`])];
    await runBuild(docker, { name: currentName("pipelock"), args, files, onProgress: () => undefined, signal: undefined });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return { [Symbol.asyncDispose]: async () => void await docker.run(["image", "rm", "--force", currentName("pipelock")]) };
}

async function standInProgram(folder: string, { hosts, upstreams }: { readonly hosts: readonly string[]; readonly upstreams: string }): Promise<string> {
  const [address = "", port = ""] = upstreams.split(":");
  await mkdir(join(folder, "src"));
  await writeFile(join(folder, "src/main.ts"), `import ${JSON.stringify(join(root, "packages/egress-addon/src/testing/pipelock-stand-in.ts"))};\n`);
  await run(process.execPath, ["--conditions=@bottle/source", join(root, "tools/release/src/main.ts"), "sources", folder, join(folder, "bundle")]);
  const settings = { STAND_IN_ADDRESS: address, STAND_IN_HOSTS: JSON.stringify(Object.fromEntries(hosts.map((host) => [host, Number(port)]))) };
  const program = await readFile(join(folder, "bundle/main.js"), "utf8");
  return `#!/opt/bottle/bin/node\nObject.assign(process.env, ${JSON.stringify(settings)});\n${program}`;
}
