import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Pipelock, servePipelock, startPipelock } from "./hop/pipelock/index.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { openTls, say } from "./testing/raw-client.ts";
import { type Rig, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

// These run a stand-in that keeps to pipelock's known contract, since pipelock itself cannot be installed here.
checkLeaks();
const known = "known-secret-0123456789";
const host = "scanned.test";
// An address of its own, in the place of a container's: the port is fixed there.
const address = "127.0.86.7";
const routes = [{ host }];
let root: string;
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "pipelock-beside-"))));
afterAll(() => rm(root, { recursive: true, force: true }));

const reasonOf = (text: string): string => `${text.slice(9, 12)} ${/"reason":"([a-z-]+)"/.exec(text)?.[1] ?? text}`;
const upstreams = (): Promise<Upstream> => startUpstream(host, (request, response) => {
  request.resume().on("end", () => response.end("arrived"));
});
const post = async (rig: Rig, body: string): Promise<string> => {
  const socket = await openTls(rig, `${host}:443`);
  const { text } = await say(socket, `POST /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  socket.destroy();
  return text;
};

/** What a container's program would be: it runs the stand-in as it is ordered. */
async function neighbour(directory: string, upstream: Upstream, misbehave = ""): Promise<AsyncDisposable & { readonly said: readonly string[]; readonly ended: Promise<void> }> {
  const program = fileURLToPath(new URL("./testing/pipelock-stand-in.ts", import.meta.url));
  const binary = join(await mkdtemp(join(root, "binary-")), "pipelock");
  const settings = `STAND_IN_HOSTS='${JSON.stringify({ [host]: Number(upstream.address.split(":")[1]) })}' STAND_IN_MISBEHAVE='${misbehave}'`;
  await writeFile(binary, `#!/bin/sh\n${settings} exec '${process.execPath}' --conditions=@bottle/source '${program}' "$@"\n`, { mode: 0o755 });
  const abort = new AbortController();
  const said: string[] = [];
  const ended = servePipelock({ binary, directory, say: (line) => void said.push(line), signal: abort.signal });
  return {
    said, ended,
    async [Symbol.asyncDispose]() {
      abort.abort();
      await ended;
    },
  };
}
const open = async (directory: string): Promise<Pipelock> => startPipelock({ beside: address, directory, routes, secrets: [known], startMs: 10_000, reloadMs: 3_000 });

test("a pipelock beside scans as one of our own does, follows reloads and restarts, and its words go to its container's log", async () => {
  const directory = join(await mkdtemp(join(root, "run-")), "state");
  await using upstream = await upstreams();
  await using beside = await neighbour(directory, upstream);
  await using pipelock = await open(directory);
  await using rig = await startRig(upstream, { routes, hosts: {}, via: pipelock.via });
  expect(pipelock.via.proxy).toBe(`http://${address}:8888`);
  expect(await post(rig, "hello")).toMatch(/arrived/);
  expect(reasonOf(await post(rig, known))).toBe("403 pipelock-blocked");
  await pipelock.reload({ routes, secrets: ["another-secret-0123"] });
  expect(reasonOf(await post(rig, "another-secret-0123"))).toBe("403 pipelock-blocked");
  const looser = { routes: [{ host, dlp: "off" as const }], secrets: [known] };
  await expect(pipelock.reload(looser)).rejects.toMatchObject({ code: "pipelock-reload-refused", message: expect.stringContaining("(refused)") });
  await pipelock.restart(looser);
  expect(await post(rig, known)).toMatch(/arrived/);
  expect(beside.said.join("\n")).toContain("config_reload");
  for (const file of ["ca.key", "secrets.txt", "pipelock.yaml"]) expect((await stat(join(directory, file))).mode & 0o077).toBe(0);
  expect(await readFile(join(directory, "pipelock.yaml"), "utf8")).toMatch(new RegExp(`listen: "${address}:8888"[^]*`));
  expect(await readFile(join(directory, "pipelock.yaml"), "utf8")).toMatch(/metrics_listen: "127\.0\.0\.1:/);
});

test("only the first to call is heard: another one on its socket finds none", async () => {
  const directory = join(await mkdtemp(join(root, "run-")), "state");
  await using upstream = await upstreams();
  await using _beside = await neighbour(directory, upstream);
  await using _pipelock = await open(directory);
  const other = connect({ path: join(directory, "beside.sock") });
  expect(await new Promise((resolve) => other.once("error", (error) => resolve("code" in error && error.code)).once("connect", () => resolve("heard")))).toBe("ENOENT");
});

test("its own end, and that of who runs it, are told, and nothing passes after them", async () => {
  for (const way of ["crash", "gone"]) {
    const directory = join(await mkdtemp(join(root, "run-")), "state");
    await using upstream = await upstreams();
    await using beside = await neighbour(directory, upstream, way);
    await using pipelock = await open(directory);
    await using rig = await startRig(upstream, { routes, hosts: {}, via: pipelock.via });
    if (way === "gone") await beside[Symbol.asyncDispose]();
    expect(await pipelock.ended).toEqual(way === "crash" ? { code: 1 } : {});
    expect(reasonOf(await post(rig, "hello"))).toBe("502 hop-unreachable");
  }
});

test("who runs it ends with who orders it", async () => {
  const directory = join(await mkdtemp(join(root, "run-")), "state");
  await using upstream = await upstreams();
  await using beside = await neighbour(directory, upstream);
  await (await open(directory))[Symbol.asyncDispose]();
  await beside.ended;
});

test("one that does not call in time is an error, and so is a start that is aborted", async () => {
  const directory = (): Promise<string> => mkdtemp(join(root, "run-")).then((folder) => join(folder, "state"));
  await expect(startPipelock({ beside: address, directory: await directory(), routes, startMs: 200 })).rejects.toMatchObject({ code: "pipelock-failed", message: "Nobody runs a pipelock beside: its container did not call in time." });
  await expect(startPipelock({ beside: address, directory: await directory(), routes, signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ code: "stopped" });
});
