import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdtemp, readFile, readdir, readlink, rm, stat } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EgressOptions } from "./options.ts";
import { startEgressProxy } from "./start.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { say } from "./testing/raw-client.ts";

checkLeaks();
let directory: string;

beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), "egress-"))));
afterAll(() => rm(directory, { recursive: true, force: true }));

const start = (listen: EgressOptions["listen"], more: Partial<EgressOptions> = {}): ReturnType<typeof startEgressProxy> =>
  startEgressProxy({ listen, caDirectory: join(directory, "ca"), policy: { routes: [] }, tokens: () => undefined, ...more });
/** Ports this process listens on (proc(5), /proc/net/tcp: state 0A, the inode in the tenth field); others come and go beside it. */
async function listeningPorts(): Promise<number> {
  const own = await Promise.all((await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
  const lines = (await readFile("/proc/self/net/tcp", "utf8")).split("\n").map((line) => line.trim().split(/\s+/));
  return lines.filter((fields) => fields[3] === "0A" && own.includes(`socket:[${fields[9] ?? ""}]`)).length;
}
const ownSockets = (): readonly string[] => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap");

test("a Unix socket is closed to others, answers, and no TCP port is opened beside it", async () => {
  const unix = join(directory, "proxy.sock");
  const before = [await listeningPorts(), ownSockets().length];
  await using proxy = await start({ unix });
  expect(proxy.address).toEqual({ unix });
  expect((await stat(unix)).mode & 0o777).toBe(0o600);
  const socket = connect(unix);
  expect((await say(socket, "GET http://_egress.local/ HTTP/1.1\r\nHost: _egress.local\r\n\r\n", { until: /\}\n/ })).text).toMatch(/^HTTP\/1\.1 200 /);
  socket.destroy();
  expect([await listeningPorts(), ownSockets().length]).toEqual(before);
});

test("the socket is gone after the end", async () => {
  const unix = join(directory, "gone.sock");
  await (await start({ unix }))[Symbol.asyncDispose]();
  await expect(lstat(unix)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a socket left by a killed process is replaced, one in use is not", async () => {
  const unix = join(directory, "stale.sock");
  const child = spawn(process.execPath, ["-e", `require("net").createServer().listen(${JSON.stringify(unix)}, () => console.log("up"))`], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  await expect(start({ unix })).rejects.toMatchObject({ code: "listen-failed", message: `The egress proxy could not listen on ${unix}: EADDRINUSE.` });
  child.kill("SIGKILL");
  await once(child, "exit");
  await using proxy = await start({ unix });
  expect(proxy.address).toEqual({ unix });
});

test("a path too long for a socket, and a port in use, are said", async () => {
  const unix = join(directory, "x".repeat(108));
  await expect(start({ unix })).rejects.toMatchObject({ code: "listen-failed", message: `The socket path ${unix} is longer than 107 bytes. Use a shorter directory.` });
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" ? address?.port ?? 0 : 0;
  await expect(start({ host: "127.0.0.1", port })).rejects.toMatchObject({ code: "listen-failed", message: `The egress proxy could not listen on 127.0.0.1:${port}: EADDRINUSE.` });
  taken.close();
});

test("a bad policy or option stops the start before anything is made", async () => {
  const caDirectory = join(directory, "never");
  await expect(start({ host: "127.0.0.1", port: 0 }, { caDirectory, policy: { routes: [{ host: "*" }] } })).rejects.toMatchObject({ code: "policy-invalid" });
  await expect(start({ host: "127.0.0.1", port: 0 }, { caDirectory, hosts: { "a.test": "nowhere" } })).rejects.toMatchObject({ code: "option-invalid" });
  await expect(stat(caDirectory)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a signal stops the start, or the proxy", async () => {
  await expect(start({ host: "127.0.0.1", port: 0 }, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "stopped" });
  const during = new AbortController();
  const starting = start({ host: "127.0.0.1", port: 0 }, { signal: during.signal });
  during.abort();
  await expect(starting).rejects.toMatchObject({ code: "stopped" });
  const after = new AbortController();
  const proxy = await start({ host: "127.0.0.1", port: 0 }, { signal: after.signal });
  after.abort();
  const port = "port" in proxy.address ? proxy.address.port : 0;
  await expect.poll(async () => {
    const socket = connect(port, "127.0.0.1");
    return once(socket, "connect").then(() => socket.destroy() && "open", () => "closed");
  }).toBe("closed");
});

test("disposing twice is the same as once", async () => {
  const proxy = await start({ host: "127.0.0.1", port: 0 });
  await proxy[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});
