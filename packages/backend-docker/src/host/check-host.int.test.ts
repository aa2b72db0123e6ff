import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDocker, type Docker } from "../engine/docker.ts";
import { engineEnv, testDocker } from "../testing/engine.ts";
import { checkEngine } from "./check-host.ts";

const folder = mkdtempSync(join(tmpdir(), "bottle-check-"));
const socket = join(folder, "docker.sock");
let server: Server;
beforeAll(async () => {
  chmodSync(folder, 0o755);
  server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  chmodSync(socket, 0o600);
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const dockerAt = (host: string): Docker => createDocker({ HOME: folder, DOCKER_HOST: host }, "test:check");

/** What is found in another process, started by other words. */
function foundBy(command: readonly string[], env: Readonly<Record<string, string | undefined>>): unknown {
  const program = `
    import { createDocker } from ${JSON.stringify(new URL("../engine/docker.ts", import.meta.url).href)};
    import { checkEngine } from ${JSON.stringify(new URL("check-host.ts", import.meta.url).href)};
    console.log(JSON.stringify(await checkEngine(createDocker(process.env, "test:check"))));`;
  const [file = "", ...args] = [...command, process.execPath, "--conditions=@bottle/source", "--input-type=module-typescript", "-e", program];
  return JSON.parse(execFileSync(file, args, { env: { ...env, HOME: folder }, encoding: "utf8" }));
}

test("the engine in use is told with what a launch needs of it, without starting a program", async () => {
  const docker = testDocker();
  const refuse = (): never => {
    throw new Error("Nothing is to be started.");
  };
  const engine = await checkEngine({ ...docker, run: refuse, start: refuse, must: refuse });
  expect(engine).toMatchObject({
    available: true, version: expect.stringMatching(/^Docker [0-9]+\.[^,]+, compose [0-9v]/),
    runtimes: expect.arrayContaining(["runc"]),
    gatewayMode: expect.stringMatching(/^(inhibit|isolated)$/), architecture: execFileSync("uname", ["-m"], { encoding: "utf8" }).trim(),
    caveats: [],
  });
});

test("no docker: what to install", () => {
  const hide = `for f in /usr/local/bin/docker /usr/bin/docker; do [ -e "$f" ] && mount --bind /dev/null "$f"; done; exec "$@"`;
  expect(foundBy(["unshare", "--mount", "sh", "-c", hide, "sh"], engineEnv())).toEqual({
    available: false, reason: "docker is not installed.",
    mend: "Run: sudo apt-get install docker.io docker-compose, or see https://docs.docker.com/engine/install.",
  });
});

test("no engine: how to start it", async () => {
  expect(await checkEngine(dockerAt(`unix://${folder}/nowhere.sock`))).toEqual({
    available: false, reason: "the engine does not answer.",
    mend: "Start it: sudo systemctl start docker. Where it is elsewhere, set DOCKER_HOST or `docker context use NAME`.",
  });
});

test("another user than the socket's: the group, what it means, and the way without it", () => {
  expect(foundBy(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"], { ...engineEnv(), DOCKER_HOST: `unix://${socket}` })).toMatchObject({
    available: false, reason: "this user may not use the engine's socket.",
    mend: expect.stringMatching(/usermod -aG docker .* as good as root .* dockerd-rootless-setuptool\.sh install/) as string,
  });
});

test("a context that does not exist is told as one", async () => {
  expect(await checkEngine(createDocker({ HOME: folder, DOCKER_CONTEXT: "nosuch" }, "test:check"))).toMatchObject({ available: false, reason: "the docker context that is asked for does not exist." });
});

test("no compose: what to install", () => {
  // In a mount namespace where compose's programs cannot be run.
  const hide = `for f in /usr/local/bin/docker-compose /usr/bin/docker-compose /usr/lib*/docker/cli-plugins/docker-compose /usr/libexec/docker/cli-plugins/docker-compose; do
    [ -e "$f" ] && mount --bind /dev/null "$f"; done; exec "$@"`;
  expect(foundBy(["unshare", "--mount", "sh", "-c", hide, "sh"], engineEnv())).toEqual({ available: false, reason: "there is no docker compose.", mend: "Install the compose plugin (package docker-compose-plugin, or docker-compose on Debian)." });
});
