import { expect } from "vitest";
import { promises } from "./demo/scoreboard.ts";
import { test } from "./testing/docker-bottle.ts";

test("the demo holds every promise in containers, and leaves nothing of it", { timeout: 90_000 }, async ({ rig }) => {
  const { status, stdout, stderr } = await rig.run(["start", "demo", "--yes"], { env: { BOTTLE_BACKEND: "" } });
  expect(stderr).toContain("isolation  namespaces, by bubblewrap");
  const contained = await rig.run(["start", "demo", "--backend", "docker", "--yes"], { env: { BOTTLE_BACKEND: "" } });
  expect(contained.stderr).toContain("isolation  container, by docker");
  for (const board of [stdout, contained.stdout]) expect(board.match(/^ {2}✓ .{56} \S/gm)).toHaveLength(Object.keys(promises).length);
  expect(contained).toMatchObject({ status: 0, stdout: expect.stringContaining("All 14 promises hold on this machine.") });
  expect(status).toBe(0);
  expect([rig.identities(), rig.owned()]).toEqual([[], []]);
});
