import { open } from "node:fs/promises";
import { BottleError } from "@bottle/backend-core";
import type { Docker } from "../engine/docker.ts";
import { resolveBase, type ResolvedBase } from "./base.ts";
import { contextFile, contextFolder, hashContext, type ContextFile } from "./context.ts";
import { readDockerfile } from "./dockerfiles.ts";
import { engineFailed, inspectImages } from "./inspect.ts";
import { currentName, imageLabels, imagesVersion, repositoryFor } from "./names.ts";
import { programArchitecture } from "./program-architecture.ts";
import { runBuild } from "./run-build.ts";

/** What images are built of. */
export interface BuildOptions {
  /** Name of the base image; fetched if the engine does not have it. */
  readonly base: string;
  /** Folder of the bundled sidecars program, `main.js` in it. */
  readonly program: string;
  /** The Node program that goes into both: for Linux and the engine's processor. */
  readonly node: string;
  /** A pipelock, likewise; without one no image for it is made, and one that is there stays. */
  readonly pipelock?: string | undefined;
  /** What the engine says, line by line. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** An image that is there now. */
export interface BuiltImage {
  /** `bottle-agent:<12 hex of its contents>`; never becomes another image. */
  readonly name: string;
  /** `sha256:…` */
  readonly id: string;
  /** Whether it was not there before. */
  readonly isNew: boolean;
}

/** The images of one version. */
export interface BuiltImages {
  readonly agent: BuiltImage;
  readonly sidecars: BuiltImage;
  readonly pipelock?: BuiltImage;
}

/**
 * Builds the images, or finds that they are built, and makes them the ones bottles are started from. Contents go to the
 * engine as a stream, so it may be elsewhere. Nothing of the operator's environment goes along.
 * @throws BottleError `backend-unavailable`: the engine, the base, or a build step, with its last lines
 */
export async function buildImages(docker: Docker, options: BuildOptions): Promise<BuiltImages> {
  const { base, program, signal } = options;
  const architecture = await engineArchitecture(docker, signal);
  const node = await programFile({ name: "node", path: options.node, architecture, mend: `Give --node a Node 24 for linux/${architecture}.` });
  const lock = options.pipelock === undefined ? undefined
    : await programFile({ name: "pipelock", path: options.pipelock, architecture, isScriptFine: true, mend: `Give --pipelock a pipelock 2.3 for linux/${architecture}.` });
  const resolved = await resolveBase(docker, base, signal);
  const agent = await buildImage(docker, { kind: "agent", files: [node], base: resolved, options });
  const sidecars = await buildImage(docker, { kind: "sidecars", files: [node, ...await contextFolder("program", program)], base: resolved, options });
  const pipelock = lock && await buildImage(docker, { kind: "pipelock", files: [lock], base: { reference: sidecars.name, record: sidecars.id }, options });
  const built = { agent, sidecars, ...(pipelock && { pipelock }) };
  // Last, and all: a start never sees one of this build and one of another.
  await Promise.all(Object.entries(built).map(async ([kind, { id }]) => {
    const name = currentName(kind as keyof typeof built);
    const tagged = await docker.run(["image", "tag", id, name], { signal });
    if (tagged.exitCode !== 0) throw engineFailed(`${name} could not be named`, tagged);
  }));
  return built;
}

async function buildImage(docker: Docker, { kind, files, base, options }: {
  readonly kind: "agent" | "sidecars" | "pipelock"; readonly files: readonly ContextFile[]; readonly base: ResolvedBase; readonly options: BuildOptions;
}): Promise<BuiltImage> {
  const { onProgress = () => undefined, signal } = options;
  const all: readonly ContextFile[] = [{ path: "Dockerfile", mode: 0o644, text: await readDockerfile(kind) }, ...files];
  const labels = { [imageLabels.kind]: kind, [imageLabels.version]: imagesVersion, [imageLabels.base]: base.record };
  const name = `${repositoryFor(kind)}:${await hashContext(all, labels)}`;
  const [present] = await inspectImages(docker, [name], signal);
  if (present?.labels[imageLabels.kind] === kind) return { name, id: present.id, isNew: false };
  const args = ["--tag", name, "--build-arg", `BASE=${base.reference}`, ...Object.entries(labels).flatMap(([label, value]) => ["--label", `${label}=${value}`])];
  await runBuild(docker, { name, args, files: all, onProgress: (line) => onProgress(`${kind}: ${line}`), signal });
  const [built] = await inspectImages(docker, [name], signal);
  if (!built) throw new BottleError("backend-unavailable", `The engine built ${name} and does not have it.`, { mend: "Another program may have removed it. Build again." });
  return { name, id: built.id, isNew: true };
}

async function engineArchitecture(docker: Docker, signal: AbortSignal | undefined): Promise<string> {
  const version = await docker.run(["version", "--format", "{{.Server.Os}} {{.Server.Arch}}"], { signal });
  if (version.exitCode !== 0) throw engineFailed("The images cannot be built", version);
  const [system = "", architecture = ""] = Buffer.from(version.stdout).toString().trim().split(" ");
  if (system !== "linux") throw new BottleError("backend-unavailable", `The engine runs ${system} containers.`, { mend: "Switch it to Linux containers." });
  return architecture;
}

async function programFile({ name, path, architecture, isScriptFine = false, mend }: {
  readonly name: string; readonly path: string; readonly architecture: string; readonly isScriptFine?: boolean; readonly mend: string;
}): Promise<ContextFile> {
  const file = await contextFile(name, path, 0o755);
  const found = await firstBytes(path);
  const own = programArchitecture(found);
  if (own === architecture || (isScriptFine && Buffer.from(found).toString("latin1", 0, 2) === "#!")) return file;
  throw new BottleError("backend-unavailable", `${path} is ${own === undefined ? "no Linux program" : `for ${own}`}; the engine runs linux/${architecture}.`, { mend });
}

async function firstBytes(path: string): Promise<Uint8Array> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(20), position: 0 });
  return buffer.subarray(0, bytesRead);
}
