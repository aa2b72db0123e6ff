import { expect, test } from "vitest";
import type { Docker } from "../engine/docker.ts";
import { checkEngine } from "./check-host.ts";

/** An engine by what `docker info` and `docker context inspect` print; nothing of it is started. */
function printing(info: unknown, components = "Engine\ncontainerd\n"): Docker {
  const answers: Readonly<Record<string, string>> = { info: typeof info === "string" ? info : JSON.stringify(info), version: components, context: "unix:///var/run/docker.sock\n" };
  const run: Docker["run"] = ([command = ""]) => Promise.resolve({ exitCode: 0, stderr: "", stdout: Buffer.from(answers[command] ?? "") });
  const refuse = (): never => {
    throw new Error("Nothing else may be started.");
  };
  return { run, must: refuse, start: refuse, program: refuse, startProgram: refuse, command: refuse, environment: {} };
}

const info = {
  ServerVersion: "28.5.2", OSType: "linux", Architecture: "x86_64", Runtimes: { runc: {}, runsc: {} }, SecurityOptions: ["name=seccomp,profile=builtin", "name=cgroupns"],
  MemoryLimit: true, PidsLimit: true, CpuCfsPeriod: true, CpuCfsQuota: true,
  ClientInfo: { Plugins: [{ Name: "buildx", Version: "v0.29" }, { Name: "compose", Version: "v2.40.0" }] },
};

test("an engine with the plugin is told by one look, and its gateways can be isolated from 28 on", async () => {
  expect(await checkEngine(printing(info))).toMatchObject({ available: true, version: "Docker 28.5.2, compose v2.40.0", compose: { major: 2, command: ["docker", "compose"] }, gatewayMode: "isolated", runtimes: ["runc", "runsc"], caveats: [] });
});

test.each([["20.10.24+dfsg1", "inhibit"], ["27.5.1", "inhibit"], ["28.0.0", "isolated"], ["29.1.0", "isolated"], ["dev", "inhibit"]])("version %s: gateway mode %s", async (ServerVersion, gatewayMode) => {
  expect(await checkEngine(printing({ ...info, ServerVersion }))).toMatchObject({ gatewayMode });
});

test("limits it cannot keep and missing seccomp are said", async () => {
  expect(await checkEngine(printing({ ...info, MemoryLimit: false, CpuCfsQuota: false, SecurityOptions: ["name=seccomp,profile=unconfined"] }))).toMatchObject({
    caveats: ["This engine filters no system calls (seccomp is off).", "This engine cannot limit memory, cpus: such limits of a bottle have no effect."],
  });
});

test("Podman is refused by its name and why, and an engine that somebody built without a version is not taken for it", async () => {
  expect(await checkEngine(printing({ ...info, ServerVersion: "5.4.2" }, "Podman Engine\nConmon\nOCI Runtime (crun)\n"))).toEqual({
    available: false, reason: "the engine is Podman 5.4.2, on whose internal networks the host answers an agent.",
    mend: "Use a Docker engine (DOCKER_HOST, or `docker context use NAME`), or start with `--backend bubblewrap`.",
  });
  expect(await checkEngine(printing({ ...info, ServerVersion: "dev" }))).toMatchObject({ available: true });
});

test.each([
  ["Windows containers", { ...info, OSType: "windows" }, "the engine runs windows containers."],
  ["nothing readable", "<html>", "docker says: docker info said nothing that can be read"],
  ["an engine without a version", { ...info, ServerVersion: "" }, "docker says: docker info said nothing that can be read"],
  ["an unknown fault", { ServerErrors: ["client version 1.52 is too new. Maximum supported API version is 1.41"] }, "docker says: client version 1.52 is too new. Maximum supported API version is 1.41"],
])("%s: not available", async (_, answer, reason) => {
  expect(await checkEngine(printing(answer))).toMatchObject({ available: false, reason });
});
