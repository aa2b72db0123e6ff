import { Command } from "commander";
import type { MakeCommand } from "./index.ts";

/** `bottle images` */
export const imagesCommand: MakeCommand = (context, finish) => {
  const images = new Command("images").description("build, list and remove the images of the Docker backend");
  images.command("build")
    .description("build the images that bottles are started from, on the engine `docker` uses")
    .option("--base <image>", "what they are built upon: Debian or one of its kin, best by digest", "debian:bookworm-slim")
    .option("--node <file>", "the Node that goes into them, for Linux and the engine's processor (default: this one)")
    .option("--pipelock <file>", "a pipelock 2.3, likewise, for bottles that ask for one (default: the one on your PATH, if any)")
    .addHelpText("after", "\nExamples:\n  $ bottle images build\n  $ bottle images build --base registry.example/debian@sha256:…\n\nIt takes nothing from your environment or your projects. Where no registry is reachable,\n`npx --yes pnpm@12 setup base-image` in bottle's repository makes a base and prints its name.")
    .action(async (options: { readonly base: string; readonly node?: string; readonly pipelock?: string }) => {
      const { buildImagesCommand } = await import("../services/images.ts");
      finish(await buildImagesCommand(context, options));
    });
  images.command("list")
    .alias("ls")
    .description("show bottle's images; * marks those a start takes")
    .option("--json", "as JSON", false)
    .addHelpText("after", "\nExample:\n  $ bottle images list")
    .action(async (options: { readonly json: boolean }) => {
      const { listImagesCommand } = await import("../services/images.ts");
      finish(await listImagesCommand(context, options));
    });
  images.command("prune")
    .description("remove bottle's images that no container uses and no start takes")
    .option("-y, --yes", "without asking", false)
    .option("--all", "also those a start takes; the next one needs `bottle images build`", false)
    .addHelpText("after", "\nExample:\n  $ bottle images prune\n\nIt ends with 1 if an image came into use meanwhile and stayed.")
    .action(async (options: { readonly yes: boolean; readonly all: boolean }) => {
      const { pruneImagesCommand } = await import("../services/images.ts");
      finish(await pruneImagesCommand(context, options));
    });
  return images;
};
