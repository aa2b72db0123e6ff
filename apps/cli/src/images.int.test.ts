import { execFileSync } from "node:child_process";
import { startOwnDockerEngine, type OwnDockerEngine } from "@bottle/docker-engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBottleRig, type BottleResult, type BottleRig } from "./testing/run-bottle.ts";

let engine: OwnDockerEngine;
let rig: BottleRig;
const timeoutMs = 60_000;
beforeAll(async () => {
  [engine, rig] = await Promise.all([startOwnDockerEngine(), createBottleRig()]);
}, timeoutMs);
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
}, timeoutMs);

const images = (...args: readonly string[]): Promise<BottleResult> => rig.run(["images", ...args], { env: engine.env });
const docker = (...args: readonly string[]): string => execFileSync("docker", args, { env: { ...process.env, ...engine.env }, input: Buffer.alloc(1024), encoding: "utf8", stdio: "pipe" }).trim();
const image = (name: string, label: string): string => docker("import", "--change", `LABEL bottle.image=${label}`, "--change", "LABEL bottle.version=0.1.0", "-", name);

test("images are listed, for people and programs, and pruned only after a yes; a stranger's and a used one stay", async () => {
  expect(await images("list")).toMatchObject({ status: 0, stdout: "", stderr: expect.stringContaining("bottle images build") as string });
  expect(await images("prune")).toMatchObject({ status: 0, stdout: "Nothing to remove.\n" });
  image("bottle-agent:0.1.0", "agent");
  image("bottle-agent:aaaaaaaaaaaa", "agent");
  image("bottle-sidecars:bbbbbbbbbbbb", "sidecars");
  docker("create", "--name", "user", "bottle-sidecars:bbbbbbbbbbbb", "sleep");
  image("mine:1", "agent");
  const listed = await images("list");
  expect(listed.status).toBe(0);
  expect(listed.stdout).toMatch(/^\* +bottle-agent:0\.1\.0 .* 0 MB$/m);
  expect(listed.stdout).toMatch(/^ +bottle-sidecars:bbbbbbbbbbbb .* user$/m);
  expect(listed.stdout).not.toContain("mine");
  expect((JSON.parse((await images("list", "--json")).stdout) as readonly { readonly kind: string; readonly isCurrent: boolean }[]).map(({ kind, isCurrent }) => `${kind} ${isCurrent}`).toSorted())
    .toEqual(["agent false", "agent true", "sidecars false"]);
  expect(await images("prune")).toMatchObject({ status: 1, stderr: expect.stringContaining("--yes") as string });
  expect(await images("prune", "--yes")).toMatchObject({ status: 0, stdout: expect.stringMatching(/bottle-agent:aaaaaaaaaaaa[^]*\n1 removed\.\n$/) as string });
  expect(docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split("\n").toSorted()).toEqual(["bottle-agent:0.1.0", "bottle-sidecars:bbbbbbbbbbbb", "mine:1"]);
}, timeoutMs);

test("an engine that does not answer is said, with the mend, and ends with 4", async () => {
  for (const args of [["list"], ["prune", "--yes"]]) {
    const { status, stderr } = await rig.run(["images", ...args], { env: { DOCKER_HOST: "unix:///nonexistent.sock" } });
    expect({ status, stderr }).toMatchObject({ status: 4, stderr: expect.stringMatching(/^bottle: The engine's images cannot be listed: the engine does not answer\.\n {2}→ Start it: .*DOCKER_HOST/) as string });
  }
}, timeoutMs);

test("each command has help with an example; a wrong one is a usage error", async () => {
  for (const command of ["build", "list", "prune"]) expect(await rig.run(["images", command, "--help"])).toMatchObject({ status: 0, stdout: expect.stringContaining(`$ bottle images ${command}`) as string, stderr: "" });
  for (const args of [["images"], ["images", "paint"], ["images", "build", "--no-such"]]) expect((await rig.run(args)).status).toBe(2);
}, timeoutMs);
