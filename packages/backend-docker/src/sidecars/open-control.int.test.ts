import { spawn } from "node:child_process";
import { once } from "node:events";
import { order, run, startRig, type Rig } from "@bottle/backend-conformance";
import { ownerLabel, type Bottle } from "@bottle/backend-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DockerBackend } from "../backend.ts";
import { resourceNames, type ResourceNames } from "../names.ts";
import { engineEnv, testDocker } from "../testing/engine.ts";

const timeoutMs = 60_000;
const docker = testDocker();
const said = (...args: readonly string[]): Promise<string> => docker.must(args, args.join(" "));
let rig: Rig;
let bottle: Bottle;
let names: ResourceNames;

beforeAll(async () => {
  const internetAddress = (await said("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")).trim();
  rig = await startRig({ makeBackend: (context) => new DockerBackend(context, { env: engineEnv() }), traits: { internetAddress } });
  bottle = await rig.launch({ supervise: true });
  names = resourceNames({ label: ownerLabel(rig.home, bottle.identity) });
}, timeoutMs);
afterAll(async () => {
  await bottle?.[Symbol.asyncDispose]();
  await rig?.[Symbol.asyncDispose]();
}, timeoutMs);

const relays = async (): Promise<number> => (await said("top", names.sidecars, "-eo", "pid,args")).split("\n").filter((line) => line.includes("main.js control")).length;

test("the relay is there while the connection is, and gone after it, also where the operator's command is killed", async () => {
  const connection = await rig.backend.control(bottle.identity);
  expect(await relays()).toBe(1);
  connection.destroy();
  await expect.poll(relays, { timeout: 10_000 }).toBe(0);

  const program = `
    import { openStateStore } from "@bottle/backend-core";
    import { DockerBackend } from ${JSON.stringify(new URL("../backend.ts", import.meta.url).href)};
    const state = openStateStore(${JSON.stringify(rig.home)});
    const backend = new DockerBackend({ state, sidecars: { start: () => Promise.reject(new Error("not asked")) } }, { env: process.env });
    await backend.control(${JSON.stringify(bottle.identity)});
    console.log("open");
    setInterval(() => undefined, 1000);`;
  const command = spawn(process.execPath, ["--conditions=@bottle/source", "--input-type=module-typescript", "-e", program], { stdio: ["ignore", "pipe", "inherit"], env: engineEnv(), cwd: import.meta.dirname });
  await once(command.stdout, "data");
  expect(await relays()).toBe(1);
  command.kill("SIGKILL");
  await expect.poll(relays, { timeout: 10_000 }).toBe(0);
}, timeoutMs);

test("megabytes come through whole, and answers stay in the order of the orders", async () => {
  const connection = await rig.backend.control(bottle.identity);
  const orders = 300;
  let text = "";
  connection.on("data", (chunk: Buffer) => (text += chunk.toString()));
  for (let count = 0; count < orders; count += 1) connection.write(`${JSON.stringify({ op: count % 2 === 0 ? "health" : "x".repeat(10_000) })}\n`);
  await expect.poll(() => text.split("\n").length - 1, { timeout: 20_000 }).toBe(orders);
  connection.destroy();
  expect(text.trimEnd().split("\n").map((line) => (JSON.parse(line) as { readonly ok: boolean }).ok)).toEqual(Array.from({ length: orders }, (_, index) => index % 2 === 0));
}, timeoutMs);

test("supervise listens on the inside network alone, and the control socket on none", async () => {
  const address = async (network: string): Promise<string> => (await said("inspect", "--format", `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, names.sidecars)).trim();
  const [inside, outside] = [await address(names.inside), await address(names.outside)];
  const status = async (at: string): Promise<string> => (await said("exec", names.sidecars, "/opt/bottle/bin/node", "-e", `fetch("http://${at}:9100/", { headers: { host: "supervise" } }).then((r) => console.log(r.status), () => console.log("closed"))`)).trim();
  expect([await status(inside), await status(outside)]).toEqual([expect.stringMatching(/^40[34]$/), "closed"]);
  expect((await run(bottle, `curl -sS -o /dev/null -w '%{http_code}' http://${inside}:9100/`)).out).toBe("403");
  const ports = await said("exec", names.sidecars, "sh", "-c", "awk '$4 == \"0A\" { split($2, a, \":\"); print a[2] }' /proc/net/tcp");
  // 8080 and 9100, and the resolver of the engine's own.
  expect(ports.trim().split("\n").filter((port) => ["1F90", "238C"].includes(port)).toSorted()).toEqual(["1F90", "238C"]);
  expect(await said("port", names.sidecars)).toBe("");
}, timeoutMs);

test("orders go to the bottle's own container: a stranger's of that name is given none", async () => {
  const own = await rig.state.read(bottle.identity);
  const project = `bottle-test-${crypto.randomUUID().slice(0, 8)}`;
  const stranger = `${project}-sidecars`;
  try {
    await said("run", "--detach", "--name", stranger, "--network", "none", "--entrypoint", "sleep", (await said("inspect", "--format", "{{.Image}}", names.sidecars)).trim(), "60");
    await rig.state.update(bottle.identity, (metadata) => ({ ...metadata, resources: { project } }));
    await expect(rig.backend.control(bottle.identity)).rejects.toMatchObject({ code: "not-running" });
  } finally {
    await rig.state.update(bottle.identity, (metadata) => ({ ...metadata, resources: own.resources }));
    await docker.run(["rm", "--force", stranger]);
  }
  expect(await order(rig.backend, bottle.identity, { op: "health" })).toMatchObject({ ok: true });
}, timeoutMs);

test("sidecars that are gone, in a container that still runs, are told as such", async () => {
  await said("exec", names.sidecars, "rm", "/var/lib/bottle/control.sock");
  await expect(rig.backend.control(bottle.identity)).rejects.toMatchObject({ code: "not-running" });
  expect(await relays()).toBe(0);
}, timeoutMs);
