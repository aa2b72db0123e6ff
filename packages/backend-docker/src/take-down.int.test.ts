import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { expect, inject, test } from "vitest";
import { findOwned } from "./owned.ts";
import { labelsOf } from "./labels.ts";
import { removeAll, removeRest } from "./take-down.ts";
import { testDocker } from "./testing/engine.ts";

const docker = testDocker();

test("what an engine still makes of a launch that was cut off is removed, also where a volume of it cannot be at first", { timeout: 60_000 }, async () => {
  const label = `0123456789ab:rest-${randomBytes(4).toString("hex").slice(0, 5)}`;
  const flags = Object.entries(labelsOf(label)).flatMap(([name, value]) => ["--label", `${name}=${value}`]);
  const [volume, first, late] = ["volume", "first", "late"].map((name) => `bottle-rest-${name}-${randomBytes(4).toString("hex")}`) as [string, string, string];
  await docker.must(["volume", "create", ...flags, volume], "volume");
  // A container that the engine has begun to make holds the volume, and bears no label as far as can be seen.
  await docker.must(["create", "--name", first, "--volume", `${volume}:/v`, inject("dockerImages").agent, "true"], "create");
  await expect(removeAll({ docker, label })).rejects.toMatchObject({ code: "launch-failed" });
  const removing = removeRest({ docker, label });
  removing.catch(() => undefined);
  await delay(600);
  await docker.must(["create", "--name", late, ...flags, "--volume", `${volume}:/v`, inject("dockerImages").agent, "true"], "create");
  await docker.must(["rm", "--force", first], "rm");
  await removing;
  expect(await findOwned(docker, label)).toEqual([]);
});
