import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

interface Answer {
  readonly dockerHost: string;
  readonly images: { readonly agent: string; readonly sidecars: string };
}

declare module "vitest" {
  export interface ProvidedContext {
    /** DOCKER_HOST of the tests' engine. */
    readonly dockerHost: Answer["dockerHost"];
    /** Names of bottle's images on it. */
    readonly dockerImages: Answer["images"];
  }
}

const program = fileURLToPath(new URL("engine-program.ts", import.meta.url));

/** One engine with bottle's images for all test files of a project, in a process that ends with this one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, ["--conditions=@bottle/source", program], { stdio: ["pipe", "pipe", "inherit"], detached: true });
  const ended = once(child, "exit");
  const line = await Promise.race([once(createInterface({ input: child.stdout }), "line"), ended.then(() => undefined)]) as readonly [string] | undefined;
  if (line === undefined) throw new Error("There is no Docker engine to test on; the reason is above.");
  const { dockerHost, images } = JSON.parse(line[0]) as Answer;
  project.provide("dockerHost", dockerHost);
  project.provide("dockerImages", images);
  return async () => {
    child.stdin.end();
    await ended;
  };
}
