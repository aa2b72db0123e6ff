import { mkdir } from "node:fs/promises";
import type { Backend, StateStore } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { backendNamed } from "./backends.ts";

/** Bottles of this BOTTLE_HOME that are in an engine while their folder is gone, by identity. */
export async function findLost(context: Context, state: StateStore): Promise<readonly string[]> {
  const docker = await backendNamed(context, state, "docker");
  // The engine first: a launch makes its folder before anything there.
  const there = await docker.identities().catch((error: unknown) => {
    context.err(`Whether an engine has bottles without a folder could not be seen: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  });
  const known = new Set((await state.list()).map(({ identity }) => identity));
  return there.filter((identity) => !known.has(identity));
}

/** Makes a lost bottle's folder anew and brings its work into it. @returns sentences on what was removed from the engine */
export async function bringBack(state: StateStore, docker: Backend, identity: string): Promise<readonly string[]> {
  const agent = identity.replace(/-[0-9a-z]{5}$/, "");
  const paths = await state.create({
    version: 1, identity, agent, bottle: agent, kind: "unknown", backend: "docker", createdAt: new Date().toISOString(),
    status: "crashed", agentStarted: true, workspace: { mode: "copy", target: "/workspace" }, resources: {},
  });
  await mkdir(paths.workspace, { mode: 0o700 });
  return docker.sweep(identity);
}
