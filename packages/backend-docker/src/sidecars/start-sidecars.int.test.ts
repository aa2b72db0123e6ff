import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BottleError } from "@bottle/backend-core";
import type { SidecarsConfig } from "@bottle/manifest";
import { afterEach, expect, inject, test } from "vitest";
import { upCall } from "../compose/call.ts";
import { findCompose } from "../compose/compose.ts";
import { makeEmptySettings } from "../compose/empty-settings.ts";
import { engineEnv, testDocker } from "../testing/engine.ts";
import { attachSidecars } from "./start-sidecars.ts";

const docker = testDocker();
const secret = `secret-${crypto.randomUUID()}`;
const names: string[] = [];
afterEach(async () => {
  if (names.length > 0) await docker.run(["rm", "--force", "--volumes", ...names.splice(0)]);
});

const config: SidecarsConfig = {
  identity: "demo-abc12",
  listen: { egress: { host: "127.0.0.1", port: 8080 } },
  control: { unix: "/var/lib/bottle/control.sock" },
  auditFile: "/var/lib/bottle/audit.jsonl",
  egress: {
    caDirectory: "/var/lib/bottle/egress",
    proxyCredential: { username: "bottle", password: "x" },
    declaration: { routes: [], hosts: {}, caFiles: [], allowPrivate: [], dlp: { engine: "builtin" } },
    upstreamCas: [],
    tokens: { TOKEN: secret },
  },
};

const hardened = ["--init", "--read-only", "--cap-drop=ALL", "--network=none", "--tmpfs=/tmp", "--tmpfs=/var/lib/bottle:uid=1000,mode=700", "--tmpfs=/shown:uid=1000"];

/** A container of the real sidecars image, or of another program in it. */
async function startContainer(...command: readonly string[]): Promise<string> {
  const name = `bottle-test-sidecars-${crypto.randomUUID().slice(0, 8)}`;
  names.push(name);
  const [entrypoint, ...rest] = command;
  await docker.must(["create", "--interactive", "--name", name, ...hardened, ...(entrypoint === undefined ? [] : ["--entrypoint", entrypoint]), inject("dockerImages").sidecars, ...rest], "create");
  await docker.must(["start", name], "start");
  return name;
}

/** The same by compose, which leaves standard input open when nobody is attached any more, as `docker create` does not. */
async function composeContainer(): Promise<string> {
  const name = `bottle-test-sidecars-${crypto.randomUUID().slice(0, 8)}`;
  names.push(name);
  const image = inject("dockerImages").sidecars;
  const home = mkdtempSync(join(tmpdir(), "bottle-sidecars-"));
  const call = upCall(await findCompose(docker), { project: name, settings: await makeEmptySettings(home) });
  const input = JSON.stringify({ services: { sidecars: { image, container_name: name, init: true, stdin_open: true, network_mode: "none", tmpfs: ["/tmp"] } } });
  expect(await docker.program(call.command, { env: call.env, input })).toMatchObject({ exitCode: 0 });
  rmSync(home, { recursive: true });
  return name;
}

const isRunning = async (name: string): Promise<string> => (await docker.must(["container", "inspect", "--format", "{{.State.Running}}", name], "inspect")).trim();

test("they are given their credentials and answer, and the credentials are in nothing the engine keeps", async () => {
  const name = await startContainer();
  const sidecars = await attachSidecars(docker, name, config);
  expect(sidecars.caCertificate).toContain("BEGIN CERTIFICATE");
  expect(sidecars.pid).toBeUndefined();
  for (const args of [["inspect", name], ["logs", name], ["top", name, "-eo", "args"]]) {
    const { stdout, stderr } = await docker.run(args);
    expect(`${Buffer.from(stdout).toString()}${stderr}`).not.toContain(secret);
  }
  await sidecars[Symbol.asyncDispose]();
  expect(await isRunning(name)).toBe("false");
  expect(await sidecars.ended).toBe("exit status 0 of their container");
});

test("what the agent is to see is made whole beside them, once and again, and a folder that can't be written is told", async () => {
  const name = await startContainer();
  await using sidecars = await attachSidecars(docker, name, config);
  const large = "x".repeat(300_000);
  await sidecars.show({ "ca.pem": "one", "bundle.pem": large });
  await sidecars.show({ "ca.pem": Buffer.from([0, 255]) });
  expect(await docker.must(["exec", name, "sh", "-c", "wc -c < /shown/bundle.pem; base64 /shown/ca.pem; ls -l /shown | cut -c1-10"], "look")).toBe("300000\nAP8=\ntotal 300\n-rw-r--r--\n-rw-r--r--\n");
  await docker.must(["exec", name, "sh", "-c", "rm /shown/ca.pem; mkdir -p /shown/ca.pem/x"], "block");
  await expect(sidecars.show({ "ca.pem": "one" })).rejects.toThrow("The sidecars did not start. The files for the agent could not be made.");
});

test("a folder of what the agent sees is made as well, nothing else stays beside it, and after one that failed the next is shown", async () => {
  const name = await startContainer();
  await using sidecars = await attachSidecars(docker, name, config);
  await sidecars.show({ "current-config/routes.json": "[1]" });
  await docker.must(["exec", name, "mkdir", "/shown/bundle.pem"], "block");
  await expect(sidecars.show({ "bundle.pem": "x".repeat(300_000), "ca.pem": "y".repeat(300_000) })).rejects.toThrow("The files for the agent could not be made.");
  await docker.must(["exec", name, "rmdir", "/shown/bundle.pem"], "unblock");
  await sidecars.show({ "current-config/routes.json": "[2]", "bundle.pem": "" });
  expect(await docker.must(["exec", name, "sh", "-c", "cat /shown/current-config/routes.json; cd /shown; find . -type f | sort; ls -a | grep next; stat -c %a current-config"], "look"))
    .toMatch(/^\[2\]\.\/bundle\.pem\n(?:\.\/ca\.pem\n)?\.\/current-config\/routes\.json\n755\n$/);
});

test("a reader never finds half of what is shown", async () => {
  const name = await startContainer();
  await using sidecars = await attachSidecars(docker, name, config);
  const texts = ["a", "b"].map((letter) => letter.repeat(2_000_000));
  await sidecars.show({ "current-config/f": texts[0] ?? "" });
  const watch = "for i in $(seq 300); do head -c 1 /shown/current-config/f; stat -c ' %s' /shown/current-config/f; done | sort -u";
  const watching = docker.must(["exec", name, "sh", "-c", watch], "watch");
  for (let count = 1; count <= 20; count += 1) await sidecars.show({ "current-config/f": texts[count % 2] ?? "" });
  expect((await watching).trim().split("\n").filter((line) => !/^[ab] 2000000$/.test(line))).toEqual([]);
});

test("what they want the agent to see is told as they say it, and nothing else of what they say", async () => {
  const lines = [{ ready: true, caCertificate: "x", head: { seq: 0, hash: "0".repeat(64), key: "k".repeat(43) } }, { show: { "current-config/routes.json": "[]" } }, { show: { "ca.pem": "evil" } }, { want: "TOKEN" }, "no JSON", { show: { "current-config/routes.json": "[1]" } }];
  const script = `read line; ${lines.map((line) => `echo '${typeof line === "string" ? line : JSON.stringify(line)}'`).join("; ")}; sleep 60`;
  const name = await startContainer("sh", "-c", script);
  const shown: unknown[] = [];
  await using _sidecars = await attachSidecars(docker, name, config, { onShow: (files) => shown.push(files) });
  await expect.poll(() => shown).toEqual([{ "current-config/routes.json": "[]" }, { "current-config/routes.json": "[1]" }]);
});

test("their end is told with why, and disposing after it is quick and does no harm", async () => {
  const name = await startContainer();
  await using sidecars = await attachSidecars(docker, name, config);
  await docker.must(["kill", name], "kill");
  expect(await sidecars.ended).toBe("exit status 137 of their container");
});

test("a container that is removed under them is told", async () => {
  const name = await startContainer();
  await using sidecars = await attachSidecars(docker, name, config);
  await docker.must(["rm", "--force", name], "rm");
  expect(await sidecars.ended).toMatch(/^(their container was removed|exit status 137 of their container)$/);
});

test("what they say against their configuration is passed on, and they are stopped", async () => {
  const name = await startContainer();
  const bad = { ...config, auditFile: "/nowhere/audit.jsonl" };
  await expect(attachSidecars(docker, name, bad)).rejects.toMatchObject({ code: "launch-failed", message: expect.stringMatching(/^The sidecars did not start\. .*\/nowhere\/audit\.jsonl/) });
  expect(await isRunning(name)).toBe("false");
});

test("a program that is not theirs is not believed", async () => {
  const name = await startContainer("sh", "-c", "read line; echo hello; sleep 60");
  await expect(attachSidecars(docker, name, config)).rejects.toThrow("The sidecars did not start. What they said cannot be read.");
});

test("a container that does not run, or does not exist, is an error that says so", async () => {
  const name = await startContainer("true");
  await expect.poll(() => isRunning(name)).toBe("false");
  await expect(attachSidecars(docker, name, config)).rejects.toThrow(/is not running/);
  await expect(attachSidecars(docker, "bottle-test-nobody", config)).rejects.toThrow(/No such container/);
});

test("an abort while they start stops them", async () => {
  const name = await startContainer("sleep", "60");
  const reason = new BottleError("launch-failed", "stopped by the test", { mend: "" });
  const abort = new AbortController();
  setTimeout(() => abort.abort(reason), 500);
  await expect(attachSidecars(docker, name, config, { signal: abort.signal })).rejects.toBe(reason);
  expect(await isRunning(name)).toBe("false");
});

test("when their keeper is killed they end by themselves", async () => {
  const name = await composeContainer();
  expect(await docker.must(["container", "inspect", "--format", "{{.Config.OpenStdin}} {{.Config.StdinOnce}}", name], "inspect")).toBe("true false\n");
  const program = `
    import { createDocker } from ${JSON.stringify(new URL("../engine/docker.ts", import.meta.url).href)};
    import { attachSidecars } from ${JSON.stringify(new URL("start-sidecars.ts", import.meta.url).href)};
    await attachSidecars(createDocker(process.env, "test:backend-docker"), ${JSON.stringify(name)}, ${JSON.stringify(config)});
    console.log("attached");
    setInterval(() => undefined, 1000);`;
  const keeper = spawn(process.execPath, ["--conditions=@bottle/source", "--input-type=module-typescript", "-e", program], { stdio: ["ignore", "pipe", "inherit"], env: engineEnv(), cwd: import.meta.dirname });
  await once(keeper.stdout, "data");
  expect(await isRunning(name)).toBe("true");
  keeper.kill("SIGKILL");
  await expect.poll(() => isRunning(name), { timeout: 6000, interval: 200 }).toBe("false");
});
