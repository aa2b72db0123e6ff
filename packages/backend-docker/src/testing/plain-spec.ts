import { createIdentity, type BottleSpec } from "@bottle/backend-core";

/** A bottle without a route, a secret or a workspace. */
export function plainSpec(change: Partial<BottleSpec> = {}): BottleSpec {
  return {
    identity: createIdentity("fault"), agentName: "fault", bottleName: "fault", kind: "shell",
    workspace: { mode: "none" }, home: { files: [], folders: [] }, mounts: [], env: {}, secretEnv: {},
    egress: { declaration: { routes: [], hosts: {}, caFiles: [], allowPrivate: [], dlp: { engine: "builtin" } }, tokens: {}, upstreamCas: [] },
    limits: {}, minIsolation: "namespaces", resume: false, ...change,
  };
}
