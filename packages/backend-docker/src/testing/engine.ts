import type {} from "./engine.setup.ts";
import { inject } from "vitest";
import { createDocker, type Docker } from "../engine/docker.ts";

/** The environment of an operator whose engine is the tests' one. */
export function engineEnv(): Readonly<Record<string, string | undefined>> {
  return { ...process.env, DOCKER_HOST: inject("dockerHost") };
}

/** The door to the tests' engine. */
export function testDocker(): Docker {
  return createDocker(engineEnv(), "test:backend-docker");
}
