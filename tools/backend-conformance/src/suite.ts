import type { Backend, BackendContext } from "@bottle/backend-core";
import type { Metadata } from "@bottle/manifest";
import { describe } from "vitest";
import { boundPromises } from "./bound.ts";
import { credentialPromises } from "./credentials.ts";
import { enteringPromises } from "./entering.ts";
import { execPromises } from "./exec.ts";
import { fullDiskPromises } from "./full-disk.ts";
import { gitPromises } from "./git.ts";
import { isolationPromises } from "./isolation.ts";
import { leakPromises } from "./leaks.ts";
import { lifePromises } from "./life.ts";
import { networkPromises } from "./network.ts";
import { recordPromises } from "./record.ts";
import { secretPromises } from "./secrets.ts";
import { supervisePromises } from "./supervise.ts";
import { workspacePromises } from "./workspace.ts";

/** All a backend's test file has to say. */
export interface ConformanceSetup {
  readonly name: string;
  makeBackend(context: BackendContext): Backend;
  /** Ends a running bottle's sidecars as a crash would. */
  killSidecars(metadata: Metadata): Promise<void>;
  /** What differs by nature; everything else holds for all. */
  readonly traits?: Traits;
}

/** What a backend cannot have, each said in its README. */
export interface Traits {
  /** Where the fixture internet and the git upstream listen so that the sidecars reach it; loopback if absent. */
  readonly internetAddress?: string;
  /** A workspace can be bound. Default: yes. */
  readonly binds?: boolean;
  /** The sidecars are processes of this host, and a relay tells the bottle that they are gone. Default: yes. */
  readonly hasHostSidecars?: boolean;
  /** The bottle's disk is the state directory's. Default: yes. */
  readonly sharesDisk?: boolean;
}

/** Declares the promises every backend keeps, as Vitest tests. Real sidecars, a fixture internet, no stand-ins. */
export function describeBackend(setup: ConformanceSetup): void {
  describe(`conformance: ${setup.name}`, () => {
    networkPromises(setup);
    secretPromises(setup);
    credentialPromises(setup);
    leakPromises(setup);
    gitPromises(setup);
    supervisePromises(setup);
    execPromises(setup);
    isolationPromises(setup);
    enteringPromises(setup);
    workspacePromises(setup);
    boundPromises(setup);
    lifePromises(setup);
    recordPromises(setup);
    if (setup.traits?.sharesDisk !== false) fullDiskPromises(setup);
  });
}
