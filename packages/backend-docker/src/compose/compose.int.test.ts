import { mkdtempSync, rmSync } from "node:fs";
import { machine, tmpdir } from "node:os";
import { join } from "node:path";
import { startOwnDockerEngine, type OwnDockerEngine } from "@bottle/docker-engine";
import { ownerLabel, type BottleError } from "@bottle/backend-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createDocker, type Docker } from "../engine/docker.ts";
import { architectureOf } from "../enter.ts";
import { resourceNames } from "../names.ts";
import { importTinyImage } from "../testing/tiny-image.ts";
import { upCall } from "./call.ts";
import { composeUp, findCompose, type Compose, type ComposeUpOptions } from "./compose.ts";
import { makeEmptySettings, settingsFolder } from "./empty-settings.ts";
import { prestartCompose } from "./prestart.ts";
import { composeText, renderCompose, type ComposeInput } from "./render.ts";

const timeoutMs = 120_000;
const folder = mkdtempSync(join(tmpdir(), "bottle-compose-"));
const labelOf = (identity: string): string => `0123456789ab:${identity}`;
const secret = `s3cret-${crypto.randomUUID()}`;
const architecture = architectureOf(machine());
let engine: OwnDockerEngine;
let docker: Docker;
let compose: Compose;
let image: string;

beforeAll(async () => {
  // Room for three networks: one bottle and a half.
  engine = await startOwnDockerEngine({ args: ["--default-address-pool", "base=10.213.0.0/22,size=24"] });
  // Of the operator too: DOCKER_CONFIG says which compose plugin there is.
  docker = createDocker({ ...process.env, ...engine.env }, "test:compose");
  compose = await findCompose(docker);
  image = await importTinyImage(docker);
}, timeoutMs);
afterEach(clear);
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}, timeoutMs);

async function clear(): Promise<void> {
  for (const [list, remove] of [[["ps", "--all"], ["rm", "--force", "--volumes"]], [["network", "ls", "--filter", "type=custom"], ["network", "rm"]], [["volume", "ls"], ["volume", "rm"]]] as const) {
    const ids = Buffer.from((await docker.run([...list, "--quiet"])).stdout).toString().split("\n").filter(Boolean);
    if (ids.length > 0) await docker.run([...remove, ...ids]);
  }
}

async function up(identity: string, change: Partial<ComposeInput> = {}, options: Partial<ComposeUpOptions> = {}): Promise<void> {
  const names = resourceNames({ label: labelOf(identity) });
  const images = { agent: image, sidecars: image, ...change.images };
  const file = renderCompose({
    names, labels: { "bottle.owned": labelOf(identity) }, env: {}, secretNames: [], limits: {}, architecture, hasWorkspace: true, mounts: [], gatewayMode: "inhibit", ...change, images,
  });
  await composeUp(compose, { file, project: names.project, images: Object.values(images), secrets: {}, settings: await makeEmptySettings(folder), ...options });
}

const failure = (attempt: Promise<void>): Promise<BottleError> => attempt.then(() => Promise.reject(new Error("It came up.")), (error: BottleError) => error);
const inAgent = (identity: string, ...command: readonly string[]): Promise<string> => docker.must(["exec", resourceNames({ label: labelOf(identity) }).agent, ...command], command.join(" "));

test("what comes up is as written: hardened, limited, labelled, and with every value as it was given", async () => {
  const value = `${secret} $HOME \${PATH} 'q' "d" \\`;
  await up("demo-abc12", { env: { PLAIN: value }, secretNames: ["LD_PRELOAD", "PATH"], limits: { memoryBytes: 2 ** 28, pids: 100, cpus: 0.5 } }, { secrets: { LD_PRELOAD: value, PATH: "/usr/bin:/bin" } });
  expect(await inAgent("demo-abc12", "perl", "-e", 'print join "\\n", @ENV{qw(PLAIN LD_PRELOAD PATH)}')).toBe([value, value, "/usr/bin:/bin"].join("\n"));
  const status = await inAgent("demo-abc12", "cat", "/proc/self/status");
  for (const line of ["Uid:\t1000\t1000\t1000\t1000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"]) expect(status).toContain(line);
  expect(await inAgent("demo-abc12", "perl", "-e", 'open(my $f, ">", $_) or print "$_ $!\\n" for qw(/x /usr/x /etc/bottle/x); for (qw(/tmp/x /run/x /var/tmp/x /home/node/x /workspace/x)) { open(my $f, ">", $_) or print "$_ $!\\n" }'))
    .toBe("/x Read-only file system\n/usr/x Read-only file system\n/etc/bottle/x Read-only file system\n");
  const { agent, sidecars, inside, volumes } = resourceNames({ label: labelOf("demo-abc12") });
  const [settings] = JSON.parse(await docker.must(["inspect", agent], "inspect")) as { readonly HostConfig: Record<string, unknown>; readonly NetworkSettings: { readonly Ports: object; readonly Networks: object } }[];
  expect(settings?.HostConfig).toMatchObject({ Memory: 2 ** 28, PidsLimit: 100, NanoCpus: 500_000_000, Privileged: false, ReadonlyRootfs: true, RestartPolicy: { Name: "no" } });
  expect(settings?.NetworkSettings.Ports).toEqual({});
  expect(Object.keys(settings?.NetworkSettings.Networks ?? {})).toEqual([inside]);
  for (const [kind, name] of [["container", agent], ["container", sidecars], ["network", inside], ["volume", volumes.home]] as const) {
    const path = kind === "container" ? ".Config.Labels" : ".Labels";
    expect(await docker.must([kind, "inspect", "--format", `{{index ${path} "bottle.owned"}}`, name], "label")).toBe(`${labelOf("demo-abc12")}\n`);
  }
});

test("a secret comes in as it is, whatever YAML makes of its characters", async () => {
  const odd = `${secret}\u007f\u0085\u00a0\ufeff \u2028 \u2029 ---\u{1f512}\t"'\\: # {{x}} %`;
  await up("demo-abc12", { secretNames: ["API_KEY"] }, { secrets: { API_KEY: odd } });
  expect(await inAgent("demo-abc12", "perl", "-e", "print $ENV{API_KEY}")).toBe(odd);
});

test("a compose that was started ahead takes the project it was started for, and no other", async () => {
  const home = join(folder, "home");
  const label = ownerLabel(home, "demo-abc12");
  const project = resourceNames({ label }).project;
  using waiting = await prestartCompose({ env: { ...process.env, ...engine.env }, home, identity: "demo-abc12" });
  if (!waiting) return expect(compose.major).toBe(2);
  const { env } = compose;
  expect(waiting.take(upCall({ major: 1, command: ["docker-compose"], env: { DOCKER_HOST: "unix:///another.sock" } }, { project, settings: settingsFolder(home) }))).toBeUndefined();
  const call = upCall({ major: 1, command: ["docker-compose"], env }, { project, settings: await makeEmptySettings(home) });
  const child = waiting.take(call);
  expect(waiting.take(call)).toBeUndefined();
  const file = renderCompose({
    names: resourceNames({ label }), images: { agent: image, sidecars: image }, labels: { "bottle.owned": label }, env: {}, secretNames: [], limits: {}, architecture, hasWorkspace: false, mounts: [], gatewayMode: "inhibit",
  });
  expect(await docker.program(call.command, { waiting: child, input: composeText(file) })).toMatchObject({ exitCode: 0 });
  expect(await docker.must(["exec", resourceNames({ label }).agent, "id", "-u"], "id")).toBe("1000\n");
});

test.each(["two\nlines", "carriage\rreturn", "nul\0"])("a value like %j is refused with its variable's name, before anything is made", async (value) => {
  expect(await failure(up("demo-abc12", { secretNames: ["API_KEY"] }, { secrets: { API_KEY: value } }))).toMatchObject({
    code: "spec-invalid", message: "The value of API_KEY has a line break or a NUL, which a container's environment cannot be given.",
  });
  expect(await docker.must(["ps", "--all", "--quiet"], "ps")).toBe("");
});

test("the longest names there can be are taken", async () => {
  await up(`${"a".repeat(41)}-zzzzz`);
  expect((await inAgent(`${"a".repeat(41)}-zzzzz`, "id", "-u")).trim()).toBe("1000");
});

const registry = String.raw`use Socket; $| = 1; socket(my $s, PF_INET, SOCK_STREAM, 0); bind($s, pack_sockaddr_in(5000, INADDR_LOOPBACK)) or die "bind: $!";
listen($s, 8); print "ready\n"; while (accept(my $client, $s)) { print "asked\n" }`;

test("an image the engine does not have is named, and never asked of a registry", async () => {
  await docker.must(["run", "--detach", "--name", "registry", "--network", "host", image, "perl", "-e", registry], "run");
  await expect.poll(() => docker.must(["logs", "registry"], "logs")).toBe("ready\n");
  const name = "127.0.0.1:5000/bottle-agent:nobody";
  expect(await failure(up("demo-abc12", { images: { agent: name, sidecars: image } }))).toMatchObject({
    code: "backend-unavailable", message: `The Docker engine has no image ${name}. Bottle's images are built, never pulled.`, mend: "Run `bottle images build`.",
  });
  expect(await docker.must(["logs", "registry"], "logs")).toBe("ready\n");
  expect((await docker.run(["pull", name])).exitCode).not.toBe(0);
  expect(await docker.must(["logs", "registry"], "logs"), "a pull would have asked it").toContain("asked\n");
});

test("a stranger's container with the bottle's name is named and stays", async () => {
  const { agent } = resourceNames({ label: labelOf("demo-abc12") });
  await docker.must(["run", "--detach", "--name", agent, image], "run");
  expect(await failure(up("demo-abc12"))).toMatchObject({ code: "launch-failed", message: `A container that is not this bottle's has its name, ${agent}.` });
  expect(await docker.must(["ps", "--quiet", "--filter", `name=${agent}`], "ps")).not.toBe("");
});

test("a stranger's network with the bottle's name is never used", async () => {
  const { inside } = resourceNames({ label: labelOf("demo-abc12") });
  await docker.must(["network", "create", inside], "network");
  expect(await failure(up("demo-abc12"))).toMatchObject({ code: "launch-failed", message: `A network that is not this bottle's has its name, ${inside}.` });
});

test("with no address range left the second bottle is told how to get more", async () => {
  await up("demo-abc12");
  expect(await failure(up("demo-abc13"))).toMatchObject({
    code: "launch-failed",
    message: "The Docker engine has no address range left for another network.",
    mend: "Each bottle takes two, and one more with pipelock. Run `bottle cleanup` and `docker network prune`, or give the engine more: `default-address-pools` in /etc/docker/daemon.json.",
  });
});

test("a runtime the engine does not have is refused, never replaced", async () => {
  expect(await failure(up("demo-abc12", { runtime: "runsc" }))).toMatchObject({ code: "backend-unavailable", message: "The Docker engine has no runtime runsc." });
});

test("an abort ends compose and throws its reason", async () => {
  const reason = new Error("enough");
  expect(await failure(up("demo-abc12", {}, { signal: AbortSignal.abort(reason) }))).toBe(reason);
});

// Last: there is no engine after it.
test("an engine that is gone is told in one sentence, and no secret is in it", async () => {
  await engine.kill();
  const error = await failure(up("demo-abc12", { secretNames: ["API_KEY"] }, { secrets: { API_KEY: secret } }));
  expect(error).toMatchObject({ code: "backend-unavailable", message: "The Docker engine does not answer.", mend: "Start it (`sudo systemctl start docker`), then start the bottle again." });
  expect(String((error.cause as Error).message)).not.toContain(secret);
});
