import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleSources } from "@bottle/release";
import { execa } from "execa";
import type { DockerEngine } from "./engine.ts";
import { DockerEngineError } from "./errors.ts";
import { exclusively } from "./exclusive.ts";
import { keptRoot, openKeptFolder } from "./kept-folder.ts";

/** What images are built of in tests. */
export interface ImageParts {
  readonly env: { readonly DOCKER_HOST: string };
  /** Name of a base image the engine has. */
  readonly base: string;
  /** Folder of the sidecars program, bundled from the sources as they are. */
  readonly program: string;
  /** This process's own Node. */
  readonly node: string;
}

/** Names of images on a test engine. */
export interface TestImages {
  readonly agent: string;
  readonly sidecars: string;
}

/** Builds images of parts; given by the caller, since this package stands below the one that can. */
export type BuildTestImages = (parts: ImageParts) => Promise<{ readonly agent: { readonly name: string }; readonly sidecars: { readonly name: string } }>;

const root = fileURLToPath(new URL("../../..", import.meta.url));
const lockTimeoutMs = 600_000;

/**
 * Makes sure that base, agent and sidecars images are on the engine, of the sources as they are. Minutes the first time,
 * about a second when they are there.
 * @throws DockerEngineError `base-failed`
 */
export async function testImages(engine: DockerEngine, build: BuildTestImages): Promise<TestImages> {
  // Two at once would make the same twice.
  return exclusively(`bottle-test-images:${keptRoot}`, lockTimeoutMs, async () => {
    const work = await mkdtemp(join(tmpdir(), "bottle-program-"));
    try {
      const program = join(work, "program");
      const [base] = await Promise.all([baseImage(engine), bundleSources(join(root, "apps/sidecars"), program)]);
      const { agent, sidecars } = await build({ env: engine.env, base, program, node: process.execPath });
      return { agent: agent.name, sidecars: sidecars.name };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

// A process of its own: setup-host imports the command line, whose own tests use this package.
async function baseImage({ env }: DockerEngine): Promise<string> {
  const { base } = await openKeptFolder(keptRoot);
  const program = join(root, "tools/setup-host/src/main.ts");
  const { exitCode, stdout, stderr } = await execa(process.execPath, ["--conditions=@bottle/source", program, "base-image", "--yes", "--cache", base], { env, reject: false });
  if (exitCode === 0) return stdout.trim();
  throw new DockerEngineError("base-failed", `There is no base image to test on:\n${stderr}`);
}
