import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startOwnDockerEngine } from "@bottle/docker-engine";
import { describe, expect } from "vitest";
import { test, type DockerRig } from "./testing/docker-bottle.ts";

const timeout = 90_000;

function withVariables({ argv, env }: ReturnType<DockerRig["command"]>, more: Readonly<Record<string, string>>): ReturnType<DockerRig["command"]> {
  return { argv, env: { ...env, ...more } };
}

/** Runs `bottle` where bubblewrap's programs are not to be run, and nothing can be installed. */
async function withoutBubblewrap(rig: DockerRig, ...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { argv, env } = rig.command(args);
  const hide = `mount --bind /dev/null "$(command -v bwrap)"; mount --bind /dev/null "$(command -v nsenter)"; mount --bind /bin/false "$(command -v apt-get)"; exec "$@"`;
  const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  return promisify(execFile)("unshare", [...asRoot, "--mount", "sh", "-ec", hide, "sh", ...argv], { cwd: rig.project, env: { ...env, BOTTLE_BACKEND: "" } });
}

test("where only an engine is ready, `auto` takes it: bubblewrap's packages are told and not asked for, and the plan names a runtime", { timeout }, async ({ rig }) => {
  await rig.agent("id -un");
  const { stdout, stderr } = await withoutBubblewrap(rig, "start", "dev", "--yes");
  expect(stdout).toBe("node\n");
  expect(stderr).toMatch(/^ {2}isolation {2}container, by docker$/m);
  const doctor = await withoutBubblewrap(rig, "doctor");
  expect(doctor.stdout).toContain("· bwrap        is not installed, and bubblewrap needs it\n");
  expect(doctor.stdout).toMatch(/^✓ docker {7}Docker .*, with bottle's images$/m);
  expect((await withoutBubblewrap(rig, "doctor", "--backend", "docker")).stdout).not.toContain("bubblewrap");

  await rig.write("bottles/dev.md", "---\nbackend: docker\nruntime: runc\n---\n");
  expect((await rig.run(["start", "dev", "--dry-run"])).stdout).toContain("isolation  container, by docker with runc\n");
  await rig.write("bottles/dev.md", "---\nbackend: docker\nruntime: no-such\n---\n");
  expect(await rig.run(["start", "dev", "--yes"])).toMatchObject({ status: 3, stdout: "", stderr: expect.stringMatching(/^bottle: `runtime: no-such` cannot be kept: the engine has .*runc/) });
});

test("where the bottle asks for containers, `auto` passes over bubblewrap, which could run, and never falls back to it", { timeout }, async ({ rig }) => {
  await rig.agent("id -un");
  await rig.write("bottles/dev.md", "---\nmin_isolation: container\n---\n");
  const auto = { BOTTLE_BACKEND: "" };
  const { status, stdout, stderr } = await rig.run(["start", "dev", "--yes"], { env: auto });
  expect({ status, stdout }).toEqual({ status: 0, stdout: "node\n" });
  expect(stderr).toMatch(/^ {2}isolation {2}container, by docker$/m);
  const nobody = { ...auto, DOCKER_HOST: `unix://${rig.home}/nobody.sock` };
  expect(await rig.run(["start", "dev", "--yes"], { env: nobody })).toMatchObject({
    status: 4, stdout: "",
    stderr: expect.stringContaining("bottle: No backend can run here with min_isolation: container. bubblewrap: It gives namespaces, which is too weak. docker: the engine does not answer.\n  → Start it:"),
  });
  expect(await rig.run(["start", "dev", "--yes", "--backend", "bubblewrap"], { env: auto })).toMatchObject({ status: 3, stdout: "", stderr: expect.stringContaining("bubblewrap gives namespaces") });
  // Nothing is installed for a backend that is too weak, though no engine is ready either.
  await expect(withoutBubblewrap({ ...rig, command: (args) => withVariables(rig.command(args), nobody) }, "start", "dev", "--yes")).rejects.toMatchObject({ code: 4, stderr: expect.stringMatching(/^bottle: No backend can run here/) as string });
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
    expect(await rig.run(["doctor", "--backend", "docker"], { env })).toMatchObject({ status: 4, stdout: expect.stringContaining("✗ docker       the engine does not answer.\n    → Start it:") });
    expect(await rig.run(["doctor"], { env })).toMatchObject({ status: 0, stdout: expect.stringContaining("· docker       the engine does not answer.\n    → Start it:") });
    expect((await rig.run(["info"], { env })).stdout).toContain("docker               cannot run here: the engine does not answer.");
    expect(rig.identities()).toEqual([]);
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
    expect((await rig.run(["info"], { env: engine.env })).stdout).toContain("docker               cannot run here: The engine has no image for the agent.\n                     Run `bottle images build`.");
    expect(rig.identities()).toEqual([]);
  });
});
