import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { baseImage, startOwnDockerEngine, type OwnDockerEngine } from "@bottle/docker-engine";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { createDocker, type Docker } from "../engine/docker.ts";
import { buildImages } from "./build.ts";
import { findImages } from "./find.ts";
import { inspectImages } from "./inspect.ts";
import { imagesVersion } from "./names.ts";
import { runBuild } from "./run-build.ts";

// Of its own: what bottles are started from changes here.
let engine: OwnDockerEngine;
let docker: Docker;
let base: string;
const node = process.execPath;
const timeoutMs = 180_000;
beforeAll(async () => {
  engine = await startOwnDockerEngine();
  docker = createDocker({ ...process.env, ...engine.env }, "test:images");
  base = await baseImage(engine);
}, timeoutMs);
afterAll(() => engine[Symbol.asyncDispose](), timeoutMs);

const run = async (...args: readonly string[]): Promise<string> => (await docker.must(args, "a test's call")).trim();
const inside = (image: string, script: string): Promise<string> => run("run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", image, "-c", script);

function freshFolder(): string {
  const root = mkdtempSync(join(tmpdir(), "bottle-images-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

test("what is built is labelled, found as what a start takes, and not built twice", async () => {
  const program = freshFolder();
  writeFileSync(join(program, "main.js"), "// one\n");
  expect(await findImages(docker)).toEqual({});
  const options = { base, program, node };
  const lines: string[] = [];
  const first = await buildImages(docker, { ...options, onProgress: (line) => void lines.push(line) });
  expect(lines.map((line) => line.split(":")[0])).toEqual(expect.arrayContaining(["agent", "sidecars"]));
  expect(await buildImages(docker, options)).toEqual({ agent: { ...first.agent, isNew: false }, sidecars: { ...first.sidecars, isNew: false } });
  expect(await findImages(docker)).toEqual({ agent: first.agent.id, sidecars: first.sidecars.id });
  const [made, upon] = await inspectImages(docker, [first.sidecars.name, base]);
  expect(made?.labels).toEqual({ "bottle.image": "sidecars", "bottle.version": imagesVersion, "bottle.base": upon?.id });
  writeFileSync(join(program, "main.js"), "// two\n");
  const other = await buildImages(docker, options);
  expect({ agent: other.agent.isNew, sidecars: other.sidecars.isNew }).toEqual({ agent: false, sidecars: true });
  expect(await findImages(docker)).toEqual({ agent: first.agent.id, sidecars: other.sidecars.id });
}, timeoutMs);

test("a pipelock that is given goes upon the sidecars' image; one that does not run there, or is for another machine, is refused", async () => {
  const program = freshFolder();
  writeFileSync(join(program, "main.js"), "// beside\n");
  const pipelock = join(freshFolder(), "pipelock");
  writeFileSync(pipelock, "#!/bin/sh\necho \"told $*\"\n", { mode: 0o755 });
  const built = await buildImages(docker, { base, program, node, pipelock });
  expect(await findImages(docker)).toEqual({ agent: built.agent.id, sidecars: built.sidecars.id, pipelock: built.pipelock?.id });
  const [made] = await inspectImages(docker, [built.pipelock?.name ?? ""]);
  expect(made?.labels).toEqual({ "bottle.image": "pipelock", "bottle.version": imagesVersion, "bottle.base": built.sidecars.id });
  expect(await inside(built.pipelock?.id ?? "", "id -u; ls -l /opt/bottle/bin/pipelock | cut -c1-10; /opt/bottle/bin/pipelock run")).toBe("1000\n-rwxr-xr-x\ntold run");
  expect(await buildImages(docker, { base, program, node })).not.toHaveProperty("pipelock");
  expect(await findImages(docker)).toHaveProperty("pipelock", built.pipelock?.id);
  writeFileSync(pipelock, "#!/bin/sh\nexit 7\n");
  await expect(buildImages(docker, { base, program, node, pipelock })).rejects.toMatchObject({ code: "backend-unavailable", message: expect.stringContaining("could not be built") });
  writeFileSync(pipelock, "no program");
  await expect(buildImages(docker, { base, program, node, pipelock })).rejects.toMatchObject({ message: expect.stringContaining("is no Linux program"), mend: expect.stringContaining("Give --pipelock a pipelock 2.3 for linux/") });
  expect(await findImages(docker)).toHaveProperty("pipelock", built.pipelock?.id);
  await run("image", "rm", built.pipelock?.name ?? "", `bottle-pipelock:${imagesVersion}`);
}, timeoutMs);

test("a stranger's image of the same name is not taken for ours", async () => {
  const program = freshFolder();
  writeFileSync(join(program, "main.js"), "// stranger\n");
  const { agent, sidecars } = await buildImages(docker, { base, program, node });
  await run("image", "tag", base, `bottle-sidecars:${imagesVersion}`);
  expect(await findImages(docker)).toEqual({ agent: agent.id });
  await run("image", "tag", agent.id, `bottle-sidecars:${imagesVersion}`);
  expect(await findImages(docker)).toEqual({ agent: agent.id });
  await run("image", "tag", sidecars.id, `bottle-sidecars:${imagesVersion}`);
  expect(await findImages(docker)).toEqual({ agent: agent.id, sidecars: sidecars.id });
}, timeoutMs);

test("nothing of the operator's environment or docker settings is in an image, its history or its description", async () => {
  const secret = `s3cret-${process.pid}`;
  const program = freshFolder();
  writeFileSync(join(program, "main.js"), "// a text to be found\n");
  // A proxy of these settings is handed to every build, which may need it for apt-get.
  const settings = freshFolder();
  writeFileSync(join(settings, "config.json"), JSON.stringify({ proxies: { default: { httpProxy: `http://me:${secret}@127.0.0.1:9` } } }));
  const secretive = createDocker({ ...process.env, ...engine.env, TOKEN: secret, DOCKER_CONFIG: settings }, secret);
  // Upon a base of its own, or the engine would take the steps it has done before.
  const other = "other-base:1";
  await runBuild(docker, { name: other, args: ["--tag", other], files: [{ path: "Dockerfile", mode: 0o644, text: `FROM ${base}\nLABEL other=1\n` }], onProgress: () => undefined, signal: undefined });
  const { agent, sidecars } = await buildImages(secretive, { base: other, program, node });
  expect([agent.isNew, sidecars.isNew]).toEqual([true, true]);
  const ids = [agent.id, sidecars.id];
  const text = (await Promise.all(ids.flatMap((id) => [run("image", "inspect", id), run("image", "history", "--no-trunc", id)]))).join("\n");
  expect(text).toContain("bottle.base=sha256:");
  expect(text).not.toContain(secret);
  const filesWith = (words: string): Promise<string> => inside(sidecars.id, `grep -rlF "${words}" /opt /etc /home /root /tmp /var 2>/dev/null; true`);
  expect(await filesWith("a text to be found")).toBe("/opt/bottle/program/main.js");
  expect(await filesWith(secret)).toBe("");
}, timeoutMs);

test("a build that fails shows its last lines, and leaves no container and no image", async () => {
  const name = `bottle-agent:failing-${process.pid}`;
  const count = async (): Promise<number> => (await run("ps", "--all", "--quiet")).split("\n").filter(Boolean).length;
  const before = await count();
  const text = `FROM ${base}\nRUN echo before; echo the reason it fails >&2; exit 7\n`;
  const seen: string[] = [];
  const failed = runBuild(docker, { name, args: ["--tag", name], files: [{ path: "Dockerfile", mode: 0o644, text }], onProgress: (line) => void seen.push(line), signal: undefined });
  await expect(failed).rejects.toMatchObject({ code: "backend-unavailable", message: expect.stringMatching(/^bottle-agent:failing-\d+ could not be built:\n[^]*the reason it fails[^]*\b7\b/) as string });
  expect(seen.join("\n")).toContain("the reason it fails");
  expect(await count()).toBe(before);
  expect(await inspectImages(docker, [name])).toEqual([]);
}, timeoutMs);

test("a build that is given up ends, and with its signal's reason", async () => {
  const abort = new AbortController();
  const files = [{ path: "Dockerfile", mode: 0o644, text: `FROM ${base}\nRUN echo ${process.pid} begins; sleep 60\n` }];
  const building = runBuild(docker, { name: "given-up", args: [], files, onProgress: (line) => void (line.endsWith(" begins") && abort.abort(new Error("given up"))), signal: abort.signal });
  await expect(building).rejects.toThrow("given up");
  await expect.poll(() => run("ps", "--all", "--no-trunc", "--format", "{{.Command}}"), { timeout: 10_000 }).not.toContain(`${process.pid} begins`);
}, timeoutMs);

test("a base that is nowhere, a name that is an option, a Node that is none: each is said, with the value", async () => {
  const program = freshFolder();
  writeFileSync(join(program, "main.js"), "\n");
  await expect(buildImages(docker, { base: "localhost:1/nowhere:1", program, node })).rejects.toThrow("The base image localhost:1/nowhere:1 cannot be fetched: ");
  await expect(buildImages(docker, { base: "--help", program, node })).rejects.toThrow('"--help" is not the name of an image.');
  await expect(buildImages(docker, { base, program, node: join(program, "main.js") })).rejects.toThrow(/main\.js is no Linux program; the engine runs linux\//);
  symlinkSync(node, join(program, "link"));
  await expect(buildImages(docker, { base, program, node: join(program, "link") })).rejects.toThrow("link, which goes into an image, is not a file.");
  await expect(buildImages(docker, { base, program, node })).rejects.toThrow("link, which goes into an image, is not a file.");
}, timeoutMs);

test("an engine that does not answer is said, with the mend", async () => {
  const nobody = createDocker({ ...process.env, DOCKER_HOST: "unix:///nonexistent.sock" }, "test:nobody");
  await expect(buildImages(nobody, { base: "any", program: "/", node: process.execPath })).rejects.toMatchObject({
    code: "backend-unavailable", message: "The images cannot be built: the engine does not answer.", mend: expect.stringContaining("DOCKER_HOST") as string,
  });
}, timeoutMs);
