import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { createDocker } from "../engine/docker.ts";
import { engineEnv, testDocker } from "../testing/engine.ts";
import { buildImages } from "./build.ts";
import { findImages } from "./find.ts";
import { inspectImages } from "./inspect.ts";
import { imageLabels, imagesVersion } from "./names.ts";
import { runBuild } from "./run-build.ts";

const docker = testDocker();
const timeoutMs = 120_000;
const run = async (...args: readonly string[]): Promise<string> => (await docker.must(args, "a test's call")).trim();
const inside = (image: string, script: string): Promise<string> => run("run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", image, "-c", script);

function freshFolder(): string {
  const root = mkdtempSync(join(tmpdir(), "bottle-images-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

async function baseOf(image: string): Promise<string> {
  const [found] = await inspectImages(docker, [image]);
  return found?.labels[imageLabels.base] ?? "";
}

test("the agent's image has what agents use, runs as node, and its folders are node's, in a new volume too", async () => {
  const { agent } = inject("dockerImages");
  expect(await inside(agent, "id -u; id -g; id -un; pwd; node --version | cut -c1-3; git --version | cut -c1-3; curl --version | cut -c1-4 | head -1; perl -e 'print 1'; test -s /etc/ssl/certs/ca-certificates.crt && echo certs"))
    .toBe("1000\n1000\nnode\n/workspace\nv24\ngit\ncurl\n1certs");
  const volume = `bottle-test-${process.pid}`;
  onTestFinished(async () => void await docker.run(["volume", "rm", "--force", volume]));
  for (const folder of ["/home/node", "/workspace", "/etc/bottle"]) {
    expect(await run("run", "--rm", "--network", "none", "--volume", `${volume}:${folder}`, agent, "stat", "--format", "%u:%g %a", folder)).toBe("1000:1000 755");
    await run("volume", "rm", volume);
  }
}, timeoutMs);

test("no program of either image changes its user", async () => {
  const { agent, sidecars } = inject("dockerImages");
  for (const image of [agent, sidecars]) expect(await inside(image, "find / -xdev -perm /6000 -type f 2>/dev/null; true")).toBe("");
}, timeoutMs);

test("the sidecars' image starts the real sidecars, which refuse a configuration that is none", async () => {
  const { exitCode, stdout } = await docker.run(["run", "--rm", "--interactive", "--network", "none", "--read-only", inject("dockerImages").sidecars], { input: "{}\n" });
  expect({ exitCode, answer: JSON.parse(Buffer.from(stdout).toString()) as unknown }).toMatchObject({ exitCode: 1, answer: { ready: false, code: "sidecars-config-invalid" } });
  expect(await inside(inject("dockerImages").sidecars, "stat --format '%u:%g %a' /var/lib/bottle /shown; id -u")).toBe("1000:1000 700\n1000:1000 755\n1000");
}, timeoutMs);

test("what is built is labelled, found again as current, and not built twice", async () => {
  const root = freshFolder();
  writeFileSync(join(root, "main.js"), `// ${process.pid}\n`);
  const before = await findImages(docker);
  const base = await baseOf(inject("dockerImages").agent);
  onTestFinished(async () => {
    for (const [kind, id] of Object.entries(before)) await docker.run(["image", "tag", id, `bottle-${kind}:${imagesVersion}`]);
  });
  const options = { base: await nameOf(base), program: root, node: process.execPath };
  const first = await buildImages(docker, options);
  onTestFinished(async () => void await docker.run(["image", "rm", first.sidecars.name]));
  const second = await buildImages(docker, options);
  expect({ agent: first.agent.isNew, sidecars: first.sidecars.isNew }).toEqual({ agent: false, sidecars: true });
  expect(second).toEqual({ agent: first.agent, sidecars: { ...first.sidecars, isNew: false } });
  expect(await findImages(docker)).toEqual({ agent: first.agent.id, sidecars: first.sidecars.id });
  const [image] = await inspectImages(docker, [first.sidecars.name]);
  expect(image?.labels).toEqual({ "bottle.image": "sidecars", "bottle.version": imagesVersion, "bottle.base": base });
}, timeoutMs);

test("nothing of the operator's environment is in an image, its history or its description", async () => {
  const secret = `s3cret-${process.pid}`;
  const root = freshFolder();
  writeFileSync(join(root, "main.js"), `// secret test ${process.pid}\n`);
  const before = await findImages(docker);
  const secretive = createDocker({ ...engineEnv(), TOKEN: secret }, secret);
  const { sidecars } = await buildImages(secretive, { base: await nameOf(await baseOf(inject("dockerImages").agent)), program: root, node: process.execPath });
  onTestFinished(async () => {
    for (const [kind, id] of Object.entries(before)) await docker.run(["image", "tag", id, `bottle-${kind}:${imagesVersion}`]);
    await docker.run(["image", "rm", sidecars.name]);
  });
  const text = [await run("image", "inspect", sidecars.id), await run("image", "history", "--no-trunc", sidecars.id)].join("\n");
  expect(text).toContain("bottle.base=sha256:");
  expect(text).not.toContain(secret);
  // The search can find: the program's own text is there.
  expect(await inside(sidecars.id, `grep -rl "secret test ${process.pid}" /opt /etc /home /var/lib 2>/dev/null; grep -rl "${secret}" /opt /etc /home /var/lib 2>/dev/null; true`)).toBe("/opt/bottle/program/main.js");
}, timeoutMs);

test("a build that fails shows its last lines, and leaves no container and no image", async () => {
  const base = await nameOf(await baseOf(inject("dockerImages").agent));
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
  const base = await nameOf(await baseOf(inject("dockerImages").agent));
  const abort = new AbortController();
  const files = [{ path: "Dockerfile", mode: 0o644, text: `FROM ${base}\nRUN echo ${process.pid} begins; sleep 60\n` }];
  const building = runBuild(docker, { name: "given-up", args: [], files, onProgress: (line) => void (line.endsWith(" begins") && abort.abort(new Error("given up"))), signal: abort.signal });
  await expect(building).rejects.toThrow("given up");
  await expect.poll(() => run("ps", "--all", "--no-trunc", "--format", "{{.Command}}"), { timeout: 10_000 }).not.toContain(`${process.pid} begins`);
}, timeoutMs);

test("a base that is nowhere, a name that is an option, a Node that is none: each is said, with the value", async () => {
  const program = freshFolder();
  writeFileSync(join(program, "main.js"), "\n");
  const base = await nameOf(await baseOf(inject("dockerImages").agent));
  const node = process.execPath;
  await expect(buildImages(docker, { base: "localhost:1/nowhere:1", program, node })).rejects.toThrow("The base image localhost:1/nowhere:1 cannot be fetched: ");
  await expect(buildImages(docker, { base: "--help", program, node })).rejects.toThrow('"--help" is not the name of an image.');
  await expect(buildImages(docker, { base, program, node: join(program, "main.js") })).rejects.toThrow(/main\.js is no Linux program; the engine runs linux\//);
  symlinkSync(node, join(program, "link"));
  await expect(buildImages(docker, { base, program, node: join(program, "link") })).rejects.toThrow("link, which goes into an image, is not a file.");
  await expect(buildImages(docker, { base, program, node })).rejects.toThrow("link, which goes into an image, is not a file.");
}, timeoutMs);

test("an engine that does not answer is said, with what docker says", async () => {
  const nobody = createDocker({ ...process.env, DOCKER_HOST: "unix:///nonexistent.sock" }, "test:nobody");
  await expect(buildImages(nobody, { base: "any", program: "/", node: process.execPath })).rejects.toMatchObject({ code: "backend-unavailable", message: expect.stringContaining("/nonexistent.sock") as string });
}, timeoutMs);

async function nameOf(id: string): Promise<string> {
  const [image] = await inspectImages(docker, [id]);
  return image?.names[0] ?? id;
}
