import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { allowedHost, otherHost, realToken, run, startRig, type Rig } from "@bottle/backend-conformance";
import { createIdentity, ownerLabel, type Bottle, type BottleSpec } from "@bottle/backend-core";
import { secretValue } from "@bottle/manifest";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { DockerBackend } from "./backend.ts";
import { currentName } from "./images/names.ts";
import { resourceNames, type ResourceNames } from "./names.ts";
import { findOwned } from "./owned.ts";
import { engineEnv, testDocker } from "./testing/engine.ts";
import { standInImage } from "./testing/pipelock-image.ts";

// The pipelock here is a stand-in that keeps to its known contract: pipelock itself cannot be installed where this was written.
const timeoutMs = 180_000;
const docker = testDocker();
const known = `known-secret-${crypto.randomUUID()}`;
let rig: Rig;
let image: AsyncDisposable | undefined;
let wanted: BottleSpec;
let names: ResourceNames;
let bottle: Bottle;

const said = async (...args: readonly string[]): Promise<string> => (await docker.must(args, args.join(" "))).trim();
const post = async (host: string, body: string): Promise<string> => (await run(bottle, `curl -sS -d '${body}' https://${host}/v1/x`)).out;
const arrived = (): number => rig.internet.requests.length;
/** Runs a program of Node's in the sidecars' container. */
const inSidecars = (program: string): Promise<string> => said("exec", names.sidecars, "/opt/bottle/bin/node", "--input-type=module", "-e", program);
const order = async (request: object): Promise<unknown> => JSON.parse(await inSidecars(`
  import { connect } from "node:net";
  const socket = connect("/var/lib/bottle/control.sock");
  socket.write(${JSON.stringify(`${JSON.stringify(request)}\n`)});
  socket.once("data", (data) => { process.stdout.write(data); socket.destroy(); });`));
const addressOf = (network: string): Promise<string> => said("inspect", "--format", `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, names.pipelock);

beforeAll(async () => {
  const gateway = await said("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}");
  rig = await startRig({ makeBackend: (context) => new DockerBackend(context, { env: engineEnv() }), traits: { internetAddress: gateway } });
  const plain = rig.spec();
  const { declaration } = plain.egress;
  wanted = {
    ...plain,
    egress: { ...plain.egress, secrets: { known: secretValue(known) }, declaration: { ...declaration, hosts: {}, routes: [...declaration.routes, { host: otherHost }], dlp: { engine: "pipelock" } } },
  };
  names = resourceNames({ label: ownerLabel(rig.home, wanted.identity) });
}, timeoutMs);
afterAll(async () => {
  await bottle?.[Symbol.asyncDispose]();
  await image?.[Symbol.asyncDispose]();
  await rig?.[Symbol.asyncDispose]();
}, timeoutMs);

test("without its image a bottle that asks for pipelock is refused with what to do, and nothing is made", async () => {
  await docker.run(["image", "rm", "--force", currentName("pipelock")]);
  for (const engine of ["pipelock", "both"] as const) {
    const asking = { ...wanted, identity: createIdentity("without"), egress: { ...wanted.egress, declaration: { ...wanted.egress.declaration, dlp: { engine } } } };
    await expect(rig.backend.prepare(asking)).rejects.toMatchObject({
      code: "backend-unavailable", message: `Bottle "conform" asks for \`engine: ${engine}\`, and the Docker engine has no image of a pipelock.`,
      mend: expect.stringContaining("Put pipelock 2.3 on your PATH and run `bottle images build`"),
    });
    expect(await findOwned(docker, ownerLabel(rig.home, asking.identity))).toEqual([]);
  }
  expect(await rig.stateFolders()).toEqual([]);
});

test("with it, what is clean passes through pipelock, a known secret is refused, and a credential reaches its host", { timeout: timeoutMs }, async () => {
  image = await standInImage(docker, { sidecars: inject("dockerImages").sidecars, hosts: [allowedHost, otherHost], upstreams: rig.internet.address });
  // The images are looked for once a while.
  const backend = new DockerBackend({ state: rig.state, sidecars: { start: () => Promise.reject(new Error("Theirs run in a container.")) } }, { env: engineEnv() });
  const prepared = await backend.prepare(wanted);
  expect(prepared.plan.detail).toMatchObject({ pipelockImage: expect.stringMatching(/^sha256:/) });
  bottle = await prepared.launch();
  expect(JSON.parse(await post(otherHost, "hello"))).toMatchObject({ url: "/v1/x" });
  const before = arrived();
  expect(JSON.parse(await post(otherHost, `x ${known}`))).toMatchObject({ reason: "pipelock-blocked", layer: "dlp" });
  expect(arrived()).toBe(before);
  await post(allowedHost, "hello");
  expect(rig.internet.requests.at(-1)?.headers["authorization"]).toBe(`Bearer ${realToken}`);
});

test("the agent reaches pipelock by no address, no name and no way through its egress", async () => {
  const addresses = [await addressOf(names.hop), await addressOf(names.outside)];
  for (const address of addresses) {
    expect(address).toMatch(/^[0-9.]+$/);
    // Where nobody answers for an address, the kernel gives up after three seconds.
    const tries = [8888, 8889, 8890].map((port) => run(bottle, `perl -MSocket -e 'socket(my $s, PF_INET, SOCK_STREAM, 0); alarm 10; print connect($s, pack_sockaddr_in(${port}, inet_aton("${address}"))) ? "open" : "closed"'`));
    expect((await Promise.all(tries)).map(({ out }) => out)).toEqual(["closed", "closed", "closed"]);
    expect((await run(bottle, `curl -sS -o /dev/null -w '%{http_code}' -x "$http_proxy" --noproxy '' http://${address}:8888/health`)).out).toBe("403");
  }
  for (const name of ["pipelock", "pipelock-hop", names.pipelock]) expect((await run(bottle, `getent hosts ${name}`)).code).not.toBe(0);
});

test("its ports answer the sidecars alone, on the network that the two share", async () => {
  const [hop, outside] = [await addressOf(names.hop), await addressOf(names.outside)];
  const tried = JSON.parse(await inSidecars(`
    import { connect } from "node:net";
    const open = (host, port) => new Promise((resolve) => { const s = connect({ host, port, timeout: 2000 }); for (const [e, r] of [["connect", true], ["error", false], ["timeout", false]]) s.once(e, () => { s.destroy(); resolve(r); }); });
    console.log(JSON.stringify(await Promise.all([open("${hop}", 8888), open("${hop}", 8889), open("${hop}", 8890), open("${outside}", 8888), open("${outside}", 8889)])));`));
  expect(tried).toEqual([true, false, false, false, false]);
  const network = JSON.parse(await said("network", "inspect", names.hop))[0];
  expect(network).toMatchObject({ Internal: true, EnableIPv6: false });
  expect(Object.values(network.Containers as Record<string, { readonly Name: string }>).map(({ Name }) => Name).sort()).toEqual([names.pipelock, names.sidecars].sort());
});

test("it is as hardened as the sidecars, publishes nothing, and can write nothing that they write", async () => {
  const [own, theirs] = JSON.parse(await said("inspect", names.pipelock, names.sidecars));
  for (const key of ["CapAdd", "CapDrop", "Privileged", "ReadonlyRootfs", "SecurityOpt", "Sysctls", "Ulimits", "PidsLimit", "RestartPolicy", "LogConfig", "Binds", "PortBindings"]) expect([key, own.HostConfig[key]]).toEqual([key, theirs.HostConfig[key]]);
  expect(own.HostConfig).toMatchObject({ CapDrop: ["ALL"], ReadonlyRootfs: true, SecurityOpt: ["no-new-privileges:true"] });
  expect(own.Config).toMatchObject({ User: "1000:1000", Labels: { "bottle.owned": ownerLabel(rig.home, wanted.identity) } });
  expect(own.NetworkSettings.Ports).toEqual({});
  expect(Object.keys(own.NetworkSettings.Networks).sort()).toEqual([names.hop, names.outside].sort());
  expect(own.Mounts.map(({ Name, RW }: { readonly Name: string; readonly RW: boolean }) => [Name, RW])).toEqual([[names.volumes.pipelock, false]]);
  const { stdout, stderr } = await docker.run(["exec", names.pipelock, "sh", "-c", "ls -ln /pipelock; touch /pipelock/x; touch /opt/x; cat /proc/net/if_inet6; true"]);
  const text = `${Buffer.from(stdout).toString()}${stderr}`;
  for (const file of ["ca.key", "secrets.txt", "pipelock.yaml"]) expect(text).toMatch(new RegExp(`^-rw------- 1 1000 1000 .* ${file}$`, "m"));
  expect(text.match(/Read-only file system/g)).toHaveLength(2);
  expect(text).not.toMatch(/^[0-9a-f]{32}/m);
});

test("what it is told lies in memory alone, and nothing the engine says or keeps holds a secret", async () => {
  expect(JSON.parse(await said("volume", "inspect", names.volumes.pipelock))[0]).toMatchObject({ Driver: "local", Options: { type: "tmpfs" } });
  expect(await said("exec", names.pipelock, "stat", "-f", "-c", "%T", "/pipelock")).toBe("tmpfs");
  expect(await said("exec", names.pipelock, "grep", "-c", known, "/pipelock/secrets.txt")).toBe("1");
  for (const args of [["inspect", names.pipelock], ["logs", names.pipelock], ["logs", names.sidecars], ["top", names.pipelock, "-eo", "args"]]) {
    const { stdout, stderr } = await docker.run(args);
    for (const value of [known, realToken]) expect(`${Buffer.from(stdout).toString()}${stderr}`).not.toContain(value);
  }
});

test("a reload is in force once pipelock has said that it follows it, and one that it refuses changes nothing", async () => {
  const more = { host: "third.example.com" };
  const routes = [...wanted.egress.declaration.routes, more].map((route) => ({ ...route, dlp: "off" }));
  const scanned = [...wanted.egress.declaration.routes, more];
  expect(await order({ op: "reload", routes: scanned })).toMatchObject({ ok: true, generation: 2 });
  expect(await said("exec", names.pipelock, "grep", "-c", more.host, "/pipelock/pipelock.yaml")).toBe("1");
  expect(await order({ op: "reload", routes })).toMatchObject({ ok: false, message: expect.stringContaining("pipelock did not take the new rules (refused)") });
  expect(await order({ op: "health" })).toMatchObject({ generation: 2 });
  expect(JSON.parse(await post(otherHost, known))).toMatchObject({ reason: "pipelock-blocked" });
});

test("when it is killed nothing passes any more", async () => {
  await docker.must(["kill", names.pipelock], "kill");
  await expect.poll(async () => order({ op: "health" }), { timeout: 10_000 }).toMatchObject({ frozen: true });
  const before = arrived();
  expect((await run(bottle, `curl -sS -o /dev/null -w '%{http_code}' http://${otherHost}/`)).out).not.toBe("200");
  await post(otherHost, "hello");
  expect(arrived()).toBe(before);
});

test("at the end its log is in the state directory, its CA and what it was told are not, and the engine has nothing left", async () => {
  await bottle[Symbol.asyncDispose]();
  const { logs, root } = rig.state.directory(wanted.identity);
  expect(await readFile(join(logs, "pipelock-container.log"), "utf8")).toContain(`"event":"startup"`);
  const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).not.toContain("secrets.txt");
  for (const { parentPath, name } of files) expect((await readFile(join(parentPath, name))).includes(known)).toBe(false);
  expect(await findOwned(docker, ownerLabel(rig.home, wanted.identity))).toEqual([]);
});
