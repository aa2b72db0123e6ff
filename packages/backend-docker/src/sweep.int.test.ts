import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStateStore, ownerLabel, type StateStore } from "@bottle/backend-core";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { resourceNames } from "./names.ts";
import { findOwned } from "./owned.ts";
import { filledMark } from "./sidecars/folders.ts";
import { sweepBottle } from "./sweep.ts";
import { testDocker } from "./testing/engine.ts";

const timeout = 60_000;
const docker = testDocker();
const identity = "sweep-abc12";
let state: StateStore;
let label: string;
const strangers: string[] = [];

beforeEach(async () => {
  state = openStateStore(mkdtempSync(join(tmpdir(), "bottle-sweep-")));
  label = ownerLabel(state.home, identity);
  await state.create({
    version: 1, identity, agent: "sweep", bottle: "sweep", kind: "command", backend: "docker", createdAt: new Date().toISOString(),
    status: "crashed", agentStarted: true, workspace: { mode: "copy", target: "/workspace" }, resources: {},
  });
});
afterEach(async () => {
  expect(await findOwned(docker, label)).toEqual([]);
  await docker.must(["rm", "--force", ...strangers.splice(0)], "rm");
  rmSync(state.home, { recursive: true });
});

/** Volumes as a killed launch leaves them when somebody removed its containers, with work in the home. */
async function volumesWithWork(): Promise<void> {
  const { project, volumes } = resourceNames({ label });
  for (const volume of [volumes.home, volumes.sidecars]) {
    await docker.must(["volume", "create", "--label", `bottle.owned=${label}`, "--label", `com.docker.compose.project=${project}`, volume], "create");
  }
  const fill = `echo work > /h/work; touch /s/${filledMark}`;
  await docker.must(["run", "--rm", "--user", "0", "--network", "none", "--volume", `${volumes.home}:/h`, "--volume", `${volumes.sidecars}:/s`, inject("dockerImages").agent, "sh", "-c", fill], "fill");
}

async function stranger(name: string, ...options: readonly string[]): Promise<void> {
  strangers.push(name);
  await docker.must(["run", "--detach", "--network", "none", ...options, "--name", name, inject("dockerImages").agent, "sh", "-c", "mkdir -p ~/.x; echo stranger > ~/work; sleep 1000"], "run");
}
const running = async (name: string): Promise<string> => (await docker.must(["inspect", "--format", "{{.State.Running}}", name], "inspect")).trim();
const work = (): string => readFileSync(join(state.directory(identity).home, "work"), "utf8");

test("strangers' containers with the names of the bottle's own run on, nothing is copied from them, and the bottle's work comes home", { timeout }, async () => {
  await volumesWithWork();
  const { agent, sidecars } = resourceNames({ label });
  for (const name of [agent, sidecars]) await stranger(name);
  await sweepBottle(state, docker, identity);
  expect(work()).toBe("work\n");
  for (const name of [agent, sidecars]) expect(await running(name)).toBe("true");
});

test("a labelled container that names somebody else's project leads to no container of that project, and loses no work", { timeout }, async () => {
  await volumesWithWork();
  const { project } = resourceNames({ label });
  const other = `${project}-x`;
  await stranger(`${other}-agent`);
  await docker.must(["create", "--network", "none", "--label", `bottle.owned=${label}`, "--label", `com.docker.compose.project=${other}`, "--name", `${other}-decoy`, inject("dockerImages").agent, "true"], "create");
  await sweepBottle(state, docker, identity);
  expect(work()).toBe("work\n");
  expect(await running(`${other}-agent`)).toBe("true");
});
