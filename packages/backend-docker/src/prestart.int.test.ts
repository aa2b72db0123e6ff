import { existsSync } from "node:fs";
import { run, startRig, type Rig } from "@bottle/backend-conformance";
import { createIdentity, ownerLabel } from "@bottle/backend-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { DockerBackend } from "./backend.ts";
import { listThings } from "./engine/things.ts";
import { ownedLabel } from "./labels.ts";
import { resourceNames } from "./names.ts";
import { prestartDocker, type PrestartedDocker } from "./prestart.ts";
import { engineEnv, testDocker } from "./testing/engine.ts";

const timeoutMs = 120_000;
const docker = testDocker();
let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ makeBackend: (context) => new DockerBackend(context, { env: engineEnv() }) });
}, timeoutMs);
afterAll(() => rig?.[Symbol.asyncDispose](), timeoutMs);

const backendWith = (prestarted: PrestartedDocker): DockerBackend =>
  new DockerBackend({ state: rig.state, sidecars: { start: () => Promise.reject(new Error("A Docker bottle's sidecars run in its own container.")) } }, { env: engineEnv(), prestarted });
const labelOf = (identity: string): string => ownerLabel(rig.home, identity);
const networksOf = async (identity: string): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await listThings(docker.api, "network", { label: [`${ownedLabel}=${labelOf(identity)}`] })).map(({ name, id }) => [name, id]));

/** Begun, and ended after the test whatever came of it. */
async function begin(identity = createIdentity("ahead")): Promise<PrestartedDocker> {
  const prestarted = await prestartDocker({ env: engineEnv(), home: rig.home, identity });
  if (!prestarted) throw new Error("There is no compose to be started.");
  onTestFinished(() => prestarted[Symbol.asyncDispose]());
  return prestarted;
}

/** Until the engine has both, which nobody is told but who takes them. */
async function made(identity: string): Promise<Readonly<Record<string, string>>> {
  return expect.poll(() => networksOf(identity), { timeout: 30_000 }).toSatisfy((networks: object) => Object.keys(networks).length === 2).then(() => networksOf(identity));
}

test("the networks that are made ahead are those of the bottle, as compose would have made them, and go with it", async () => {
  const prestarted = await begin();
  const { identity } = prestarted;
  const names = resourceNames({ label: labelOf(identity) });
  const before = await made(identity);
  expect(Object.keys(before).sort()).toEqual([names.inside, names.outside]);
  const prepared = await backendWith(prestarted).prepare({ ...rig.spec(), identity });
  {
    await using bottle = await prepared.launch();
    expect(await run(bottle, "echo inside")).toMatchObject({ out: "inside\n", code: 0 });
    expect(await networksOf(identity)).toEqual(before);
    const [inside] = JSON.parse(await docker.must(["network", "inspect", names.inside], "inspect")) as { readonly Internal: boolean; readonly EnableIPv6: boolean; readonly Containers: Readonly<Record<string, { readonly Name: string }>> }[];
    expect(inside).toMatchObject({ Internal: true, EnableIPv6: false });
    expect(Object.values(inside?.Containers ?? {}).map(({ Name }) => Name).sort()).toEqual([names.agent, names.sidecars]);
  }
  expect(await networksOf(identity)).toEqual({});
}, timeoutMs);

test("networks that no launch takes are removed, also while they are being made", async () => {
  const [whole, half] = [await begin(), await begin()];
  await made(whole.identity);
  await Promise.all([whole, half].map((each) => each[Symbol.asyncDispose]()));
  expect([await networksOf(whole.identity), await networksOf(half.identity)]).toEqual([{}, {}]);
}, timeoutMs);

test("a launch that is refused before it comes to use them leaves neither networks nor state", async () => {
  const prestarted = await begin();
  await made(prestarted.identity);
  const spec = { ...rig.spec({ workspace: { mode: "copy", source: rig.home } }), identity: prestarted.identity };
  const prepared = await backendWith(prestarted).prepare(spec);
  await expect(prepared.launch()).rejects.toThrow();
  expect(await networksOf(prestarted.identity)).toEqual({});
  await expect(rig.state.read(prestarted.identity)).rejects.toMatchObject({ code: "identity-unknown" });
}, timeoutMs);

test("where the engine still has something of the bottle, nothing is made beside it", async () => {
  const identity = createIdentity("ahead");
  const { volumes } = resourceNames({ label: labelOf(identity) });
  await docker.must(["volume", "create", "--label", `${ownedLabel}=${labelOf(identity)}`, volumes.home], "create");
  onTestFinished(async () => void await docker.must(["volume", "rm", volumes.home], "rm"));
  const prestarted = await begin(identity);
  const networks = await prestarted.networks;
  expect(await networks.names).toBeUndefined();
  await networks.take();
  expect(await networksOf(identity)).toEqual({});
}, timeoutMs);

test("networks of a process that was killed are known by their label, and swept", async () => {
  const { identity, networks } = await begin();
  await (await networks).take();
  expect(Object.keys(await networksOf(identity))).toHaveLength(2);
  const backend = new DockerBackend({ state: rig.state, sidecars: { start: () => Promise.reject(new Error("none")) } }, { env: engineEnv() });
  expect(await backend.identities()).toContain(identity);
  await backend.sweep(identity);
  expect(await networksOf(identity)).toEqual({});
}, timeoutMs);

test("in a BOTTLE_HOME that is not there nothing is made, the folder neither", async () => {
  const home = `${rig.home}-missing`;
  const identity = createIdentity("ahead");
  await using prestarted = await prestartDocker({ env: engineEnv(), home, identity });
  await (await prestarted?.networks)?.take();
  expect(await listThings(docker.api, "network", { label: [`${ownedLabel}=${ownerLabel(home, identity)}`] })).toEqual([]);
  expect(existsSync(home)).toBe(false);
}, timeoutMs);
