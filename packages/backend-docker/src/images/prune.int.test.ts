import { startOwnDockerEngine, type OwnDockerEngine } from "@bottle/docker-engine";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createDocker, type Docker } from "../engine/docker.ts";
import { listImages } from "./list.ts";
import { imagesVersion } from "./names.ts";
import { choosePrunable, removeImages, type PruneOutcome } from "./prune.ts";
import { tarEnd } from "../files/tar-header.ts";

let engine: OwnDockerEngine;
let docker: Docker;
const timeoutMs = 60_000;
beforeAll(async () => {
  engine = await startOwnDockerEngine();
  docker = createDocker({ ...process.env, ...engine.env }, "test:prune");
}, timeoutMs);
afterAll(() => engine[Symbol.asyncDispose](), timeoutMs);
beforeEach(async () => {
  const containers = (await run("ps", "--all", "--quiet")).split("\n").filter(Boolean);
  if (containers.length > 0) await run("rm", "--force", ...containers);
  await run("image", "prune", "--all", "--force");
});

const run = async (...args: readonly string[]): Promise<string> => (await docker.must(args, "a test's call")).trim();
const names = async (): Promise<readonly string[]> => (await run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")).split("\n").filter(Boolean).toSorted();

/** An image without files; `what` makes its id its own. */
async function image(name: string, labels: Readonly<Record<string, string>>): Promise<string> {
  const changes = Object.entries({ ...labels, what: name }).flatMap(([label, value]) => ["--change", `LABEL ${label}=${value}`]);
  return (await docker.must(["import", ...changes, "-", name], "a test's call", { input: tarEnd })).trim();
}

async function prune(options: { readonly all: boolean } = { all: false }): Promise<readonly PruneOutcome[]> {
  return removeImages(docker, choosePrunable(await listImages(docker), options));
}

const agent = { "bottle.image": "agent", "bottle.version": imagesVersion };

test("old images go; the current ones, those of a container and their base stay; all but the container's go on demand", async () => {
  const base = await image("bottle-base:one", { "bottle.image": "base" });
  await image("bottle-base:old", { "bottle.image": "base" });
  const current = await image("bottle-agent:111111111111", { ...agent, "bottle.base": base });
  await run("image", "tag", current, `bottle-agent:${imagesVersion}`);
  await image("bottle-agent:222222222222", agent);
  const used = await image("bottle-agent:333333333333", agent);
  await run("create", "--name", "stopped", used, "sleep");
  expect((await listImages(docker)).map(({ kind, names: own, isCurrent, containers }) => [kind, own.length, isCurrent, containers]).toSorted()).toEqual([
    ["agent", 1, false, []], ["agent", 1, false, ["stopped"]], ["agent", 2, true, []], ["base", 1, false, []], ["base", 1, false, []],
  ]);
  expect((await prune()).map(({ removed }) => removed)).toEqual([true, true]);
  expect(await names()).toEqual([`bottle-agent:${imagesVersion}`, "bottle-agent:111111111111", "bottle-agent:333333333333", "bottle-base:one"].toSorted());
  await prune({ all: true });
  expect(await names()).toEqual(["bottle-agent:333333333333"]);
}, timeoutMs);

test("a stranger's image stays: without our labels, built upon ours, or ours under a name of somebody's own", async () => {
  await image("bottle-agent:stranger", {});
  await image("bottle-agent-x:1", agent);
  await image("mine:1", agent);
  const shared = await image("bottle-agent:444444444444", agent);
  await run("image", "tag", shared, "mine:2");
  await image("bottle-agent:555555555555", agent);
  expect((await prune({ all: true })).map((outcome) => outcome.image.names)).toEqual([["bottle-agent:555555555555"]]);
  expect(await names()).toEqual(["bottle-agent-x:1", "bottle-agent:444444444444", "bottle-agent:stranger", "mine:1", "mine:2"]);
}, timeoutMs);

test("an image that came into use after the look stays, and the reason is told", async () => {
  const id = await image("bottle-agent:666666666666", agent);
  const chosen = choosePrunable(await listImages(docker), { all: false });
  await run("create", "--name", "meanwhile", id, "sleep");
  expect(await removeImages(docker, chosen)).toMatchObject([{ removed: false, reason: expect.stringContaining("container") as string }]);
  expect(await names()).toEqual(["bottle-agent:666666666666"]);
}, timeoutMs);
