import { stat, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startRig } from "./testing/rig.ts";
import { makeFolder } from "./testing/world.ts";

test("on a Unix socket only its owner gets in", async () => {
  await using folder = await makeFolder();
  const unix = join(folder.path, "supervise.sock");
  await using rig = await startRig({ listen: { unix } });
  expect(rig.supervise.address).toEqual({ unix });
  expect((await stat(unix)).mode & 0o777).toBe(0o600);
  const status = await new Promise((resolve, reject) => {
    request({ socketPath: unix, path: "/", headers: { host: "supervise" } }, (response) => resolve(response.resume().statusCode)).on("error", reject).end();
  });
  expect(status).toBe(404);
});

test("where it cannot listen, or keep a queue, it does not start, and says why", async () => {
  await using rig = await startRig();
  await expect(startRig({ listen: rig.supervise.address })).rejects.toMatchObject({ code: "listen-failed", message: expect.stringContaining("EADDRINUSE") });
  await writeFile(join(rig.directory, "file"), "");
  await expect(startRig({ directory: join(rig.directory, "file") })).rejects.toMatchObject({ code: "queue-failed" });
  await expect(startRig({ directory: "queue" })).rejects.toMatchObject({ code: "option-invalid" });
});
