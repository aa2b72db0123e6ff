import { access, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ownerLabel } from "@bottle/backend-core";
import { buildImages, choosePrunable, createDocker, listImages, removeImages, type Docker, type ListedImage } from "@bottle/backend-docker/images";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { confirm } from "../output/ask.ts";
import { jsonText } from "../output/json.ts";
import { startProgress } from "../output/progress.ts";
import { table } from "../output/style.ts";
import { visible } from "../output/visible.ts";
import { findProgram, pathFolders } from "./find-program.ts";

/** `bottle images build` */
export async function buildImagesCommand(context: Context, { base, node, pipelock }: { readonly base: string; readonly node?: string; readonly pipelock?: string }): Promise<number> {
  const program = await sidecarsProgram();
  using progress = startProgress(context);
  progress.step("Building the images");
  const built = await buildImages(engine(context), {
    base, program,
    node: node === undefined ? context.self[0] ?? "" : await realpath(resolve(context.cwd, node)).catch(() => node),
    pipelock: await pipelockProgram(context, pipelock),
    onProgress: (line) => progress.step(visible(line)),
    signal: context.signal,
  });
  for (const { name, isNew } of [built.agent, built.sidecars, ...(built.pipelock ? [built.pipelock] : [])]) context.out(`${name}  ${isNew ? "built" : "was there already"}`);
  return exitStatus.ok;
}

/** `bottle images list` */
export async function listImagesCommand(context: Context, { json }: { readonly json: boolean }): Promise<number> {
  const images = await listImages(engine(context), context.signal);
  if (json) context.out(jsonText(images));
  else if (images.length === 0) context.err("There is no image yet. `bottle images build` makes them.");
  else context.out(table([["", "IMAGE", "MADE", "SIZE", "USED BY"], ...images.map(row)]));
  return exitStatus.ok;
}

/** `bottle images prune` */
export async function pruneImagesCommand(context: Context, { yes, all }: { readonly yes: boolean; readonly all: boolean }): Promise<number> {
  const docker = engine(context);
  const images = choosePrunable(await listImages(docker, context.signal), { all });
  if (images.length === 0) {
    context.out("Nothing to remove.");
    return exitStatus.ok;
  }
  context.out(table(images.map(row)));
  if (!yes && !await confirm(context, "Remove them?")) throw new CliError("declined", "Nothing was removed.", { status: exitStatus.refused });
  const outcomes = await removeImages(docker, images, context.signal);
  const stayed = outcomes.filter((outcome) => !outcome.removed);
  for (const { image, reason } of stayed) context.err(`bottle: ${visible(nameOf(image))} stays: ${visible(reason)}`);
  context.out(`${outcomes.length - stayed.length} removed.`);
  return stayed.length === 0 ? exitStatus.ok : exitStatus.refused;
}

function engine(context: Context): Docker {
  return createDocker(context.env, ownerLabel(context.home, "images"));
}

function row(image: ListedImage): readonly string[] {
  return [image.isCurrent ? "*" : "", visible(nameOf(image)), image.created.slice(0, 10), `${Math.round(image.sizeBytes / 1_000_000)} MB`, visible(image.containers.join(", "))];
}

// An image has the name of its contents, and if a start takes it that of its version.
function nameOf({ names, id }: ListedImage): string {
  return names.toSorted((one, other) => other.length - one.length)[0] ?? id;
}

// In a checkout the sources stand in its place, and the bundle beside them only after a build.
async function sidecarsProgram(): Promise<string> {
  const found = import.meta.resolve("@bottle/sidecars/program");
  const main = fileURLToPath(found.endsWith(".ts") ? new URL("../dist/program/main.js", found) : found);
  try {
    await access(main);
  } catch (error) {
    throw new CliError("program-missing", "The sidecars' program, which goes into an image, is not built yet.", { status: exitStatus.host, mend: "Run: npx --yes pnpm@12 run build", cause: error });
  }
  return dirname(main);
}

// The file itself, since a link would lead to one that nobody named.
async function pipelockProgram({ cwd, env }: Context, given: string | undefined): Promise<string | undefined> {
  const found = given === undefined ? await findProgram(pathFolders(env["PATH"]), "pipelock") : resolve(cwd, given);
  return found === undefined ? undefined : realpath(found).catch(() => found);
}
