import type { Backend, BackendContext } from "@bottle/backend-core";
import { describe } from "vitest";
import { enteringPromises } from "./entering.ts";
import { execPromises } from "./exec.ts";
import { fullDiskPromises } from "./full-disk.ts";
import { isolationPromises } from "./isolation.ts";
import { lifePromises } from "./life.ts";
import { networkPromises } from "./network.ts";
import { secretPromises } from "./secrets.ts";
import { workspacePromises } from "./workspace.ts";

/** All a backend's test file has to say. */
export interface ConformanceSetup {
  readonly name: string;
  makeBackend(context: BackendContext): Backend;
}

/** Declares the promises every backend keeps, as Vitest tests. Real sidecars, a fixture internet, no stand-ins. */
export function describeBackend(setup: ConformanceSetup): void {
  describe(`conformance: ${setup.name}`, () => {
    networkPromises(setup);
    secretPromises(setup);
    execPromises(setup);
    isolationPromises(setup);
    enteringPromises(setup);
    workspacePromises(setup);
    lifePromises(setup);
    fullDiskPromises(setup);
  });
}
