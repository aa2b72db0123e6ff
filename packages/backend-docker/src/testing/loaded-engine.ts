import { execFileSync } from "node:child_process";
import { startOwnDockerEngine, type OwnDockerEngine } from "@bottle/docker-engine";
import { inject } from "vitest";
import { createDocker, type Docker } from "../engine/docker.ts";
import { currentName } from "../images/names.ts";
import type {} from "./engine.setup.ts";

/** An engine to be broken, with bottle's images on it. */
export interface LoadedEngine extends OwnDockerEngine {
  readonly docker: Docker;
  /** The environment of an operator whose engine it is. */
  readonly operatorEnv: Readonly<Record<string, string | undefined>>;
}

/** Starts an engine of the caller's own and gives it the images of the tests' shared one. @param args of dockerd */
export async function startLoadedEngine(args: readonly string[] = []): Promise<LoadedEngine> {
  const engine = await startOwnDockerEngine({ args });
  try {
    const images = [currentName("agent"), currentName("sidecars")];
    execFileSync("sh", ["-ec", `from=$1 to=$2; shift 2; docker -H "$from" save "$@" | docker -H "$to" load`, "sh", inject("dockerHost"), engine.env.DOCKER_HOST, ...images]);
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
  const operatorEnv = { ...process.env, ...engine.env };
  return { ...engine, operatorEnv, docker: createDocker(operatorEnv, "test:own-engine") };
}

/** Names of all an engine has besides its images and its own networks: what a test must not leave. */
export async function namesIn(docker: Docker): Promise<readonly string[]> {
  const lists = [["ps", "--all", "--format", "container {{.Names}}"], ["network", "ls", "--filter", "type=custom", "--format", "network {{.Name}}"], ["volume", "ls", "--format", "volume {{.Name}}"]];
  const texts = await Promise.all(lists.map((list) => docker.must(list, "The engine's things could not be read")));
  return texts.flatMap((text) => text.split("\n").filter(Boolean)).sort();
}
