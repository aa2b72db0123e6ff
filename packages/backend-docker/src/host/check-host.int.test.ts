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

/** The same door, behind which `docker` is started by other words. */
function startedBy(docker: Docker, ...command: readonly string[]): Docker {
  return { ...docker, run: (args, options) => docker.program([...command, ...args], options) };
}
const dockerAt = (host: string): Docker => createDocker({ HOME: folder, DOCKER_HOST: host }, "test:check");

test("the engine in use is told with what a launch needs of it, by one question", async () => {
  const docker = testDocker();
  const questions: (readonly string[])[] = [];
  const engine = await checkEngine({ ...docker, run: (args, options) => (questions.push(args), docker.run(args, options)) });
  expect(questions).toEqual([["info", "--format", "{{json .}}"]]);
  expect(engine).toMatchObject({
    available: true, version: expect.stringMatching(/^Docker [0-9]+\.[^,]+, compose [0-9v]/),
    runtimes: expect.arrayContaining(["runc"]),
    gatewayMode: expect.stringMatching(/^(inhibit|isolated)$/), architecture: execFileSync("uname", ["-m"], { encoding: "utf8" }).trim(),
    caveats: [],
  });
});

test("no docker: what to install", async () => {
  expect(await checkEngine(startedBy(dockerAt("unix:///nowhere"), "no-such-docker"))).toEqual({
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

// Debian's client may stand behind another one in the PATH; both are asked where both are.
test.each(["docker", "/usr/bin/docker"])("another user than the socket's, with %s: the group, what it means, and the way without it", async (client) => {
  const other = startedBy(dockerAt(`unix://${socket}`), "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", client);
  expect(await checkEngine(other)).toMatchObject({
    available: false, reason: "this user may not use the engine's socket.",
    mend: expect.stringMatching(/usermod -aG docker .* as good as root .* dockerd-rootless-setuptool\.sh install/),
  });
});

test("a context that does not exist is told as one", async () => {
  expect(await checkEngine(createDocker({ HOME: folder, DOCKER_CONTEXT: "nosuch" }, "test:check"))).toMatchObject({ available: false, reason: "the docker context that is asked for does not exist." });
});

test("no compose: what to install", () => {
  const program = `
    import { createDocker } from ${JSON.stringify(new URL("../engine/docker.ts", import.meta.url).href)};
    import { checkEngine } from ${JSON.stringify(new URL("check-host.ts", import.meta.url).href)};
    console.log(JSON.stringify(await checkEngine(createDocker(process.env, "test:check"))));`;
  // In a mount namespace where compose's programs cannot be run.
  const hide = `for f in /usr/local/bin/docker-compose /usr/bin/docker-compose /usr/lib*/docker/cli-plugins/docker-compose /usr/libexec/docker/cli-plugins/docker-compose; do
    [ -e "$f" ] && mount --bind /dev/null "$f"; done; exec "$@"`;
  const said = execFileSync("unshare", ["--mount", "sh", "-c", hide, "sh", process.execPath, "--conditions=@bottle/source", "--input-type=module-typescript", "-e", program], { env: { ...engineEnv(), HOME: folder }, encoding: "utf8" });
  expect(JSON.parse(said)).toEqual({ available: false, reason: "there is no docker compose.", mend: "Install the compose plugin (package docker-compose-plugin, or docker-compose on Debian)." });
});
