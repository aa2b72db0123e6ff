import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { EngineError } from "../engine/api.ts";
import type { Docker } from "../engine/docker.ts";
import { checkEngine } from "./check-host.ts";

/** An engine by what it answers to its questions; nothing is started but the compose plugin's own word. */
function answering(info: unknown, components: readonly string[] = ["Engine", "containerd"]): Docker {
  const answers: Readonly<Record<string, unknown>> = { "/info": info, "/version": { Components: components.map((Name) => ({ Name })) } };
  const refuse = (): never => {
    throw new Error("Nothing else may be asked or started.");
  };
  const api = { get: (path: string) => (answers[path] instanceof Error ? Promise.reject(answers[path]) : Promise.resolve(answers[path])), post: refuse, follow: refuse, takeOver: refuse };
  const program: Docker["program"] = ([path = "", word]) => (word === "docker-cli-plugin-metadata" ? Promise.resolve({ exitCode: 0, stderr: "", stdout: Buffer.from(execFileSync(path, [word])) }) : refuse());
  return { api, program, run: refuse, must: refuse, start: refuse, startProgram: refuse, command: refuse, environment: {}, operatorEnv: { DOCKER_CONFIG: folder }, address: () => Promise.resolve("unix:///nowhere") };
}

const folder = mkdtempSync(join(tmpdir(), "bottle-plugins-"));
mkdirSync(join(folder, "cli-plugins"));
writeFileSync(join(folder, "cli-plugins/docker-compose"), `#!/bin/sh\necho '{"SchemaVersion":"0.1.0","Vendor":"Docker Inc.","Version":"v2.40.0"}'\n`, { mode: 0o755 });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const info = {
  ServerVersion: "28.5.2", OSType: "linux", Architecture: "x86_64", Runtimes: { runc: {}, runsc: {} }, SecurityOptions: ["name=seccomp,profile=builtin", "name=cgroupns"],
  MemoryLimit: true, PidsLimit: true, CpuCfsPeriod: true, CpuCfsQuota: true,
};

test("an engine with the plugin is told by one look, and its gateways can be isolated from 28 on", async () => {
  expect(await checkEngine(answering(info))).toMatchObject({ available: true, version: "Docker 28.5.2, compose v2.40.0", compose: { major: 2, command: ["docker", "compose"] }, gatewayMode: "isolated", runtimes: ["runc", "runsc"], caveats: [] });
});

test.each([["20.10.24+dfsg1", "inhibit"], ["27.5.1", "inhibit"], ["28.0.0", "isolated"], ["29.1.0", "isolated"], ["dev", "inhibit"]])("version %s: gateway mode %s", async (ServerVersion, gatewayMode) => {
  expect(await checkEngine(answering({ ...info, ServerVersion }))).toMatchObject({ gatewayMode });
});

test("limits it cannot keep and missing seccomp are said", async () => {
  expect(await checkEngine(answering({ ...info, MemoryLimit: false, CpuCfsQuota: false, SecurityOptions: ["name=seccomp,profile=unconfined"] }))).toMatchObject({
    caveats: ["This engine filters no system calls (seccomp is off).", "This engine cannot limit memory, cpus: such limits of a bottle have no effect."],
  });
});

test("Podman is refused by its name and why, and an engine that somebody built without a version is not taken for it", async () => {
  expect(await checkEngine(answering({ ...info, ServerVersion: "5.4.2" }, ["Podman Engine", "Conmon", "OCI Runtime (crun)"]))).toEqual({
    available: false, reason: "the engine is Podman 5.4.2, on whose internal networks the host answers an agent.",
    mend: "Use a Docker engine (DOCKER_HOST, or `docker context use NAME`), or start with `--backend bubblewrap`.",
  });
  expect(await checkEngine(answering({ ...info, ServerVersion: "dev" }))).toMatchObject({ available: true });
});

test.each([
  ["Windows containers", { ...info, OSType: "windows" }, "the engine runs windows containers."],
  ["nothing readable", "<html>", expect.stringMatching(/^the engine answered in a way that is not understood: /) as string],
  ["an engine without a version", { ...info, ServerVersion: "" }, expect.stringContaining("not understood") as string],
  ["an unknown fault", new EngineError("client version 1.52 is too new. Maximum supported API version is 1.41", 400), "docker says: client version 1.52 is too new. Maximum supported API version is 1.41"],
])("%s: not available", async (_, answer, reason) => {
  expect(await checkEngine(answering(answer))).toMatchObject({ available: false, reason });
});
