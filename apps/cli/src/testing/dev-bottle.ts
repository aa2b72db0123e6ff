import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isIdentity, labelledProcesses, openStateStore, ownerLabel } from "@bottle/backend-core";
import type { Metadata } from "@bottle/manifest";
import { expect, test as plainTest } from "vitest";
import { openTerminal, type OuterTerminal } from "./outer-terminal.ts";
import { createBottleRig, type BottleRig } from "./run-bottle.ts";

/** A rig with one agent and its bottle, both called `dev`. */
export interface DevRig extends BottleRig {
  /** Makes a shell script the agent; `$0` is "agent", `$1` and on are the operator's arguments. */
  agent(script: string): Promise<void>;
  /** The folders of the state, one a bottle. */
  identities(): readonly string[];
  /** The one bottle there is; more or fewer fail the test. */
  only(): string;
  /** What `bottle list` says. */
  list(): Promise<readonly { readonly identity: string; readonly status: string }[]>;
  metadata(identity: string): Promise<Metadata>;
  /** The bottle's processes that still run. */
  processes(identity: string): Promise<readonly number[]>;
  /** Runs `bottle` on a terminal, in the project. */
  terminal(...args: readonly string[]): OuterTerminal;
}

/** A test with a `rig` of its own; it fails if a bottle leaves a process behind once all are stopped. */
export const test = plainTest.extend("rig", async ({}, { onCleanup }): Promise<DevRig> => {
  const rig = await createDevRig();
  onCleanup(() => closeDevRig(rig));
  return rig;
});

/** Makes a rig with an empty bottle `dev`. @param env as of `createBottleRig` */
export async function createDevRig(env: Readonly<Record<string, string>> = {}): Promise<DevRig> {
  const rig = withBottles(await createBottleRig(env));
  await rig.write("bottles/dev.md", "---\n---\n");
  return rig;
}

/** Stops its bottles and removes it; fails if a process is left. */
export async function closeDevRig(rig: DevRig): Promise<void> {
  await rig.run(["stop", "--all"]);
  for (const identity of rig.identities().filter(isIdentity)) expect(await rig.processes(identity), identity).toEqual([]);
  await rig[Symbol.asyncDispose]();
}

function withBottles(rig: BottleRig): DevRig {
  const state = join(rig.home, "state");
  const identities = (): readonly string[] => (existsSync(state) ? readdirSync(state) : []);
  return {
    ...rig,
    agent: (script) => rig.write("agents/dev.md", `---\nkind: command\nbottle: dev\ncommand: [/bin/sh, -c, ${JSON.stringify(script)}, agent]\n---\n`),
    identities,
    only: () => {
      const [identity = "", ...others] = identities();
      expect([identity, others]).toEqual([expect.stringMatching(/^dev-/), []]);
      return identity;
    },
    list: async () => JSON.parse((await rig.run(["list", "--json"])).stdout),
    metadata: (identity) => openStateStore(rig.home).read(identity),
    processes: (identity) => labelledProcesses(ownerLabel(rig.home, identity)),
    terminal: (...args) => openTerminal({ ...rig.command(args), cwd: rig.project }),
  };
}
