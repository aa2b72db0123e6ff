import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const program = fileURLToPath(new URL("../main.ts", import.meta.url));
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bottle-relay-"));
  path = join(folder, "control.sock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const relay = (): ChildProcessWithoutNullStreams => spawn(process.execPath, ["--conditions=@bottle/source", program, "control", path], { stdio: ["pipe", "pipe", "pipe"] });

/** A control socket that answers each chunk by itself; `onSocket` is told of who comes. */
async function served(onSocket: (socket: Socket) => void): Promise<AsyncDisposable> {
  const server = createServer(onSocket).listen({ path });
  await once(server, "listening");
  return { [Symbol.asyncDispose]: async () => void await new Promise((resolve) => server.close(resolve)) };
}

test("bytes go both ways, and with the caller both the relay and its connection end", async () => {
  const closed = Promise.withResolvers<void>();
  await using _server = await served((socket) => void socket.on("data", (chunk) => socket.write(`heard ${chunk.toString()}`)).once("close", () => closed.resolve()));
  const child = relay();
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stdin.write("an order\n");
  await expect.poll(() => said, { timeout: 10_000 }).toBe(`\njoined ${child.pid}\nheard an order\n`);
  child.stdin.end();
  expect(await once(child, "exit")).toEqual([0, null]);
  await closed.promise;
});

test("it ends with the sidecars, after their last word", async () => {
  await using _server = await served((socket) => void socket.end("x".repeat(1_000_000)));
  const child = relay();
  const said = await text(child.stdout);
  expect(said.length).toBe(`\njoined ${child.pid}\n`.length + 1_000_000);
  expect(child.exitCode ?? (await once(child, "exit"))[0]).toBe(0);
});

test("it outlives its caller by seconds at most, where the sidecars hang", async () => {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => void sockets.push(socket)).listen({ path });
  await once(server, "listening");
  const child = relay();
  await once(child.stdout, "data");
  child.stdin.end();
  expect(await once(child, "exit")).toEqual([0, null]);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test("with nobody at the socket it says so and ends with 1", async () => {
  const child = relay();
  const [said, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect([said, complaint]).toEqual(["", `connect ENOENT ${path}\n`]);
  expect(child.exitCode ?? (await once(child, "exit"))[0]).toBe(1);
});
