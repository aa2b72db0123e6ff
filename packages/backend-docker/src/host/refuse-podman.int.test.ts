import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createDocker } from "../engine/docker.ts";
import { checkEngine } from "./check-host.ts";

test("a real Podman's compatible socket is refused by its name, before anything is made on it", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "bottle-podman-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const host = `unix://${folder}/podman.sock`;
  const places = ["--root", `${folder}/root`, "--runroot", `${folder}/run`, "--tmpdir", `${folder}/tmp`, "--cgroup-manager", "cgroupfs", "--log-level", "error"];
  // Storage mounts end with the namespace.
  const podman = spawn("unshare", ["--mount", "podman", ...places, "system", "service", "--time", "0", host], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(podman, "exit");
  stack.defer(async () => {
    podman.kill("SIGTERM");
    await ended;
  });
  await expect.poll(() => existsSync(join(folder, "podman.sock")), { timeout: 10_000 }).toBe(true);
  expect(await checkEngine(createDocker({ HOME: folder, DOCKER_HOST: host }, "test:podman"))).toEqual({
    available: false, reason: expect.stringMatching(/^the engine is Podman \d+\.\d+\.\d+[^,]*, on whose internal networks the host answers an agent\.$/),
    mend: "Use a Docker engine (DOCKER_HOST, or `docker context use NAME`), or start with `--backend bubblewrap`.",
  });
});
