import type { StateStore } from "@bottle/backend-core";
import { DockerBackend } from "../backend.ts";

/** A backend whose bottles fail if they ask this host for sidecars: theirs run in a container. @param env the operator's */
export function createTestBackend(state: StateStore, env: Readonly<Record<string, string | undefined>>): DockerBackend {
  return new DockerBackend({ state, sidecars: { start: () => Promise.reject(new Error("A Docker bottle's sidecars run in its own container.")) } }, { env });
}
