import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createDocker } from "./docker.ts";

test("an engine that takes every call and answers none is not waited for without end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bottle-docker-"));
  const path = join(folder, "engine.sock");
  const server = createServer((socket) => socket.on("error", () => undefined).resume()).listen(path);
  await once(server, "listening");
  try {
    const docker = createDocker({ ...process.env, DOCKER_HOST: `unix://${path}` }, "test:silent-engine", 500);
    await expect(docker.run(["stop", "bottle"])).rejects.toMatchObject({ code: "backend-unavailable", message: "`docker stop` got no answer for 0.5 seconds." });
    await expect(docker.run(["stop", "bottle"], { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
