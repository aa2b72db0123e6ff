import { execFileSync } from "node:child_process";
import { ownerLabel } from "@bottle/backend-core";
import { expect, inject, test as plainTest } from "vitest";
import { closeDevRig, createDevRig, type DevRig } from "./dev-bottle.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** DOCKER_HOST of the engine that this project's global set-up started. */
    readonly dockerHost: string;
  }
}

/** A rig whose bottles are on the tests' engine, as BOTTLE_BACKEND asks. */
export interface DockerRig extends DevRig {
  /** Names of the containers, networks and volumes of this rig's bottles. */
  owned(): readonly string[];
}

/** Asks the tests' engine. */
export function docker(...args: readonly string[]): string {
  return execFileSync("docker", args, { env: { ...process.env, DOCKER_HOST: inject("dockerHost") }, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

/** Makes such a rig. */
async function createDockerRig(): Promise<DockerRig> {
  const rig = await createDevRig({ DOCKER_HOST: inject("dockerHost"), BOTTLE_BACKEND: "docker" });
  const [home = ""] = ownerLabel(rig.home, "look-00000").split(":");
  return { ...rig, owned: () => ownedBy(home) };
}

/** Stops its bottles and removes it; fails if the engine still has something of it. */
async function closeDockerRig(rig: DockerRig): Promise<void> {
  await rig.run(["stop", "--all"]);
  const left = rig.owned();
  // So that one failure is not the next test's too.
  if (left.length > 0) await rig.run(["cleanup", "--yes"]);
  await closeDevRig(rig);
  expect(left).toEqual([]);
}

/** A test with a Docker `rig` of its own; it fails if its bottles leave a process, container, network or volume behind. */
export const test = plainTest.extend("rig", async ({}, { onCleanup }): Promise<DockerRig> => {
  const rig = await createDockerRig();
  onCleanup(() => closeDockerRig(rig));
  return rig;
});

function ownedBy(home: string): readonly string[] {
  const label = `label=bottle.home=${home}`;
  return [
    docker("ps", "--all", "--filter", label, "--format", "{{.Names}}"),
    docker("network", "ls", "--filter", label, "--format", "{{.Name}}"),
    docker("volume", "ls", "--filter", label, "--format", "{{.Name}}"),
  ].flatMap((names) => names.split("\n").filter(Boolean)).toSorted();
}
