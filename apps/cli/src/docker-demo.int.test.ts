import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { startOwnDockerEngine } from "@bottle/docker-engine";
import { describe, expect } from "vitest";
import { promises } from "./demo/scoreboard.ts";
import { test } from "./testing/docker-bottle.ts";

const timeout = 90_000;

test("the demo holds every promise in containers, and leaves nothing of it", { timeout }, async ({ rig }) => {
  const { status, stdout, stderr } = await rig.run(["start", "demo", "--yes"], { env: { BOTTLE_BACKEND: "" } });
  expect(stderr).toContain("isolation  namespaces, by bubblewrap");
  const contained = await rig.run(["start", "demo", "--backend", "docker", "--yes"], { env: { BOTTLE_BACKEND: "" } });
  expect(contained.stderr).toContain("isolation  container, by docker");
  for (const board of [stdout, contained.stdout]) expect(board.match(/^ {2}✓ .{56} \S/gm)).toHaveLength(Object.keys(promises).length);
  expect(contained).toMatchObject({ status: 0, stdout: expect.stringContaining("All 14 promises hold on this machine.") });
  expect(status).toBe(0);
  expect([rig.identities(), rig.owned()]).toEqual([[], []]);
});

describe("an engine that is not ready ends a start with 4, says the mend, and nothing is left", { timeout }, () => {
  test("because nobody listens on its socket", async ({ rig }) => {
    await rig.agent("true");
    const env = { DOCKER_HOST: `unix://${rig.home}/nobody.sock` };
    for (const args of [["start", "dev", "--yes"], ["start", "dev", "--yes", "--detach"], ["start", "demo", "--yes"], ["start", "dev", "--dry-run"]]) {
      expect({ args, ...await rig.run(args, { env }) }).toMatchObject({
        status: 4, stdout: "",
        stderr: "bottle: docker cannot run here: the engine does not answer.\n  → Start it: sudo systemctl start docker. Where it is elsewhere, set DOCKER_HOST or `docker context use NAME`.\n",
      });
    }
    expect(await rig.run(["doctor"], { env })).toMatchObject({ status: 0, stdout: expect.stringContaining("· docker       the engine does not answer.\n    → Start it:") });
    expect((await rig.run(["info"], { env })).stdout).toContain("docker               cannot run here: the engine does not answer.");
    expect(existsSync(join(rig.home, "state")) ? readdirSync(join(rig.home, "state")) : []).toEqual([]);
  });

  test("because it has no images, or cannot reach the demo's server", async ({ rig }) => {
    await using engine = await startOwnDockerEngine();
    await rig.agent("true");
    expect(await rig.run(["start", "dev", "--yes"], { env: engine.env })).toMatchObject({
      status: 4, stdout: "", stderr: "bottle: The engine has no image for the agent.\n  → Run `bottle images build`.\n",
    });
    // Its network is not this machine's: as if it ran on another one.
    expect(await rig.run(["start", "demo", "--yes"], { env: engine.env })).toMatchObject({ status: 4, stdout: "", stderr: expect.stringContaining("containers of this engine cannot reach it") });
    expect((await rig.run(["doctor"], { env: engine.env })).stdout).toContain("· docker       The engine has no image for the agent.\n    → Run `bottle images build`.");
    expect(rig.identities()).toEqual([]);
  });
});
