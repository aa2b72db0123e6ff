import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { run, startRig } from "@bottle/backend-conformance";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { DockerBackend } from "./backend.ts";
import { createDocker } from "./engine/docker.ts";
import { currentName } from "./images/names.ts";
import { namesIn } from "./testing/loaded-engine.ts";
import { startRemoteEngine } from "./testing/remote-engine.ts";

const execute = promisify(execFile);
const timeoutMs = 120_000;
// Of the rig's one route.
const allowedHost = "api.example.com";
const folder = mkdtempSync(join(tmpdir(), "bottle-remote-test-"));
const stack = new AsyncDisposableStack();
/** An operator whose engine is named by a context alone. */
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  const { address } = stack.use(await startRemoteEngine());
  const config = join(folder, "config");
  await execute("docker", ["context", "create", "elsewhere", "--docker", `host=${address}`], { env: { ...process.env, DOCKER_CONFIG: config } });
  await execute("sh", ["-ec", `from=$1 to=$2; shift 2; docker -H "$from" save "$@" | docker -H "$to" load`, "sh", inject("dockerHost"), address, currentName("agent"), currentName("sidecars")]);
  env = { HOME: folder, DOCKER_CONFIG: config, DOCKER_CONTEXT: "elsewhere" };
}, timeoutMs);
afterAll(async () => {
  await stack.disposeAsync();
  rmSync(folder, { recursive: true, force: true });
}, timeoutMs);

test("a bottle on an engine of another host, named by a context, has workspace, program and CA by copy, and its work comes home", async () => {
  const [project, program] = ["project", "program"].map((name) => join(folder, name)) as [string, string];
  for (const path of [project, join(program, "bin")]) mkdirSync(path, { recursive: true });
  writeFileSync(join(project, "main.txt"), "as it was\n");
  writeFileSync(join(program, "bin/agent"), "#!/bin/sh\necho I am the agent\n", { mode: 0o755 });
  await using rig = await startRig({ makeBackend: (context) => new DockerBackend(context, { env }) }, folder);
  const spec = rig.spec({ workspace: { mode: "copy", source: project }, mounts: [{ source: program, target: "/opt/agent" }] });
  const docker = createDocker(env, "test:remote");
  // The proof that this engine sees nothing of ours: what it binds from that path is a folder it makes, and empty.
  expect(await docker.must(["run", "--rm", "--volume", `${project}:/seen:ro`, currentName("agent"), "ls", "-A", "/seen"], "ls")).toBe("");
  const bottle = await (await rig.backend.prepare(spec)).launch();
  try {
    expect((await run(bottle, "cat main.txt && /opt/agent/bin/agent && echo done > main.txt && echo kept > ~/notes")).out).toBe("as it was\nI am the agent\n");
    // Its answer comes by TLS that curl trusts, from sidecars that have no such upstream.
    expect(await run(bottle, `curl -sS -o /dev/null -w '%{http_code}' https://${allowedHost}/v1/x`)).toMatchObject({ out: "502", code: 0 });
    expect((await docker.must(["ps", "--all", "--quiet", "--filter", `label=bottle.identity=${spec.identity}`], "ps")).trim().split("\n")).toHaveLength(2);
  } finally {
    await bottle[Symbol.asyncDispose]();
  }
  const { workspace, home, audit } = rig.state.directory(spec.identity);
  expect(readFileSync(join(workspace, "main.txt"), "utf8")).toBe("done\n");
  expect(readFileSync(join(home, "notes"), "utf8")).toBe("kept\n");
  expect(readFileSync(audit, "utf8")).toContain(allowedHost);
  expect(readFileSync(join(project, "main.txt"), "utf8")).toBe("as it was\n");
  // What is left is the program's folder, which the next bottle finds.
  expect(await namesIn(docker)).toEqual([expect.stringMatching(/^volume bottle-mount-[0-9a-f]{16}$/), expect.stringMatching(/^volume bottle-mount-[0-9a-f]{16}-filled$/)]);
}, timeoutMs);
