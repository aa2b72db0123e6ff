import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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
 * @throws DockerEngineError `base-failed`, `program-failed`
 */
export async function testImages(engine: DockerEngine, build: BuildTestImages): Promise<TestImages> {
  // Two at once would make the same twice.
  return exclusively(`bottle-test-images:${keptRoot}`, lockTimeoutMs, async () => {
    const work = await mkdtemp(join(tmpdir(), "bottle-program-"));
    try {
      const program = join(work, "program");
      const [base] = await Promise.all([baseImage(engine), sidecarsProgram(program)]);
      const { agent, sidecars } = await build({ env: engine.env, base, program, node: process.execPath });
      return { agent: agent.name, sidecars: sidecars.name };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
}

/**
 * Makes sure that a base image is on the engine; returns its name.
 * @throws DockerEngineError `base-failed`
 */
export async function baseImage({ env }: Pick<DockerEngine, "env">): Promise<string> {
  const { base } = await openKeptFolder(keptRoot);
  const { exitCode, stdout, stderr } = await runTool("setup-host", ["base-image", "--yes", "--cache", base], env);
  if (exitCode === 0) return stdout.trim();
  throw new DockerEngineError("base-failed", `There is no base image to test on:\n${stderr}`);
}

async function sidecarsProgram(target: string): Promise<void> {
  const { exitCode, stderr } = await runTool("release", ["sources", join(root, "apps/sidecars"), target], {});
  if (exitCode !== 0) throw new DockerEngineError("program-failed", `The sidecars program could not be bundled:\n${stderr}`);
}

// Processes of their own: the tests of what these tools import use this package.
async function runTool(tool: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<{ readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, ["--conditions=@bottle/source", join(root, "tools", tool, "src/main.ts"), ...args], { env, reject: false });
  return { exitCode, stdout, stderr };
}
