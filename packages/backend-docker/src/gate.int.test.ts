import { execFileSync } from "node:child_process";
import { run, startRig, type Rig } from "@bottle/backend-conformance";
import { startGitUpstream, type GitUpstream } from "@bottle/backend-conformance/git-upstream";
import { ownerLabel, type Bottle } from "@bottle/backend-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DockerBackend } from "./backend.ts";
import { resourceNames, type ResourceNames } from "./names.ts";
import { findOwned } from "./owned.ts";
import { engineEnv, testDocker } from "./testing/engine.ts";

const timeoutMs = 60_000;
const docker = testDocker();
let upstream: GitUpstream;
let rig: Rig;
let bottle: Bottle;
let names: ResourceNames;

beforeAll(async () => {
  const internetAddress = (await docker.must(["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"], "There is no default bridge")).trim();
  upstream = await startGitUpstream(internetAddress);
  rig = await startRig({ makeBackend: (context) => new DockerBackend(context, { env: engineEnv() }), traits: { internetAddress } });
  bottle = await rig.launch({ git: upstream.git });
  names = resourceNames({ label: ownerLabel(rig.home, bottle.identity) });
}, timeoutMs);
afterAll(async () => {
  await bottle?.[Symbol.asyncDispose]();
  await rig?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
}, timeoutMs);

const said = (...args: readonly string[]): Promise<string> => docker.must(args, args.join(" "));
// The beginning is that of every key.
const secretLine = (): string => upstream.key.split("\n")[3] ?? "";

test("the gate's key is a file in the memory of the sidecars' container, for their account alone, and nowhere else in it", async () => {
  expect(secretLine().length).toBeGreaterThan(60);
  expect(await said("exec", names.sidecars, "stat", "-c", "%a %u %n", "/tmp/gate-keys", "/tmp/gate-keys/app.key")).toBe("700 1000 /tmp/gate-keys\n600 1000 /tmp/gate-keys/app.key\n");
  expect((await said("exec", names.sidecars, "stat", "-f", "-c", "%T", "/tmp/gate-keys")).trim()).toBe("tmpfs");
  const found = await docker.run(["exec", names.sidecars, "sh", "-c", `grep -rlF '${secretLine()}' /tmp /var /shown /run /etc /home 2>/dev/null`]);
  expect(Buffer.from(found.stdout).toString()).toBe("/tmp/gate-keys/app.key\n");
});

test("the engine knows nothing of it, nor does a process that it lists", async () => {
  const { stdout, stderr } = await docker.run(["logs", names.sidecars]);
  const texts = [await said("inspect", names.sidecars), await said("inspect", names.agent), await said("top", names.sidecars, "-eo", "pid,args"), Buffer.from(stdout).toString(), stderr];
  expect(texts.join("\n")).not.toContain(secretLine());
  expect(texts.join("\n")).not.toContain("PRIVATE KEY");
});

test("the gate listens on the inside network alone", async () => {
  const outside = (await said("inspect", "--format", `{{(index .NetworkSettings.Networks "${names.outside}").IPAddress}}`, names.sidecars)).trim();
  const inside = (await said("inspect", "--format", `{{(index .NetworkSettings.Networks "${names.inside}").IPAddress}}`, names.sidecars)).trim();
  const ask = async (address: string): Promise<number> => (await docker.run(["exec", names.sidecars, "git", "ls-remote", `http://${address}:9418/app.git`])).exitCode;
  expect(await ask(inside)).toBe(0);
  expect(await ask(outside)).not.toBe(0);
});

test("at the bottle's end its repositories and its key are gone from the engine, and the state directory never had the key", async () => {
  expect((await run(bottle, `git clone -q '${upstream.url}' /tmp/app`)).code).toBe(0);
  await bottle[Symbol.asyncDispose]();
  expect(await findOwned(docker, ownerLabel(rig.home, bottle.identity))).toEqual([]);
  expect(execFileSync("sh", ["-c", 'grep -rlF "$1" "$2" || true', "sh", secretLine(), rig.home], { encoding: "utf8" })).toBe("");
}, timeoutMs);
