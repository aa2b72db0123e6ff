import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loopbackUp, relayArguments, relayProgram } from "./program.ts";

let folder: string;
let unix: string;
let server: Server | undefined;
let relay: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "bottle-relay-"));
  unix = join(folder, "egress.sock");
});
afterEach(async () => {
  relay?.kill("SIGKILL");
  server?.close();
  relay = server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function serve(onSocket: (socket: Socket) => void): Promise<void> {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server?.listen(unix, resolve));
}

// Its namespaces are left out: what is tested here is the copying, and a free port of the host's loopback is reachable.
async function startRelay(): Promise<number> {
  const port = await freePort();
  relay = spawn("/usr/bin/perl", ["-e", relayProgram.replace(loopbackUp, ""), ...relayArguments([{ port, unix }])], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    relay?.stdout?.on("data", (chunk: Buffer) => {
      said += String(chunk);
      if (said === "up\nready\n") resolve();
    });
    relay?.once("exit", () => reject(new Error(`The relay ended after saying ${JSON.stringify(said)}.`)));
  });
  return port;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

function dial(port: number): Socket {
  return connect({ port, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => undefined);
}

async function all(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test("bytes of every value go both ways unchanged, many megabytes in both directions at once", async () => {
  await serve((socket) => socket.pipe(socket));
  const socket = dial(await startRelay());
  const sent = randomBytes(24 * 2 ** 20);
  socket.end(sent);
  const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
  expect(hash(await all(socket))).toBe(hash(sent));
});

test("a side that has ended its writing still gets the answer", async () => {
  await serve((socket) => void all(socket).then((heard) => socket.end(`heard ${heard.length}`)));
  const socket = dial(await startRelay());
  socket.end("question");
  expect(String(await all(socket))).toBe("heard 8");
});

test("an answer that ends early does not cut off what the client still sends", async () => {
  const heard = Promise.withResolvers<number>();
  await serve((socket) => {
    socket.end("early");
    void all(socket).then((bytes) => heard.resolve(bytes.length));
  });
  const socket = dial(await startRelay());
  expect(String(await all(socket))).toBe("early");
  socket.end(Buffer.alloc(5 * 2 ** 20));
  expect(await heard.promise).toBe(5 * 2 ** 20);
});

test("a slow reader is waited for, not buffered for", async () => {
  const chunk = Buffer.alloc(65536);
  let taken = 0;
  await serve((socket) => {
    const send = (): void => {
      while (taken < 512 * 2 ** 20 && socket.write(chunk)) taken += chunk.length;
    };
    socket.on("drain", send);
    send();
  });
  const socket = dial(await startRelay());
  socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const status = await readFile(`/proc/${relay?.pid ?? 0}/status`, "utf8");
  socket.destroy();
  expect(taken).toBeLessThan(64 * 2 ** 20);
  expect(Number(/VmRSS:\s+([0-9]+) kB/.exec(status)?.[1])).toBeLessThan(32 * 1024);
});

test("a client that goes away takes its connection to the sidecars along, and the others stay", async () => {
  let open = 0;
  await serve((socket) => {
    open += 1;
    socket.on("close", () => (open -= 1));
    socket.on("data", (bytes) => socket.write(bytes));
    socket.on("end", () => socket.end());
  });
  const port = await startRelay();
  const [first, second] = [dial(port), dial(port)];
  for (const socket of [first, second]) {
    socket.write("x");
    await new Promise((resolve) => socket.once("data", resolve));
  }
  first.resetAndDestroy();
  await expect.poll(() => open).toBe(1);
  second.end("y");
  expect(String(await all(second))).toBe("y");
  await expect.poll(() => open).toBe(0);
});

test("with nobody on the socket the client is told that there is no way out, whatever it sends", async () => {
  const socket = dial(await startRelay());
  socket.end(Buffer.alloc(2 ** 20));
  const answer = String(await all(socket));
  expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\nx-bottle-block-reason: sidecars-gone\r\n/);
  expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({ layer: "bottle", reason: "sidecars-gone", retry: "after-resume" });
});

test("three hundred connections at once are each answered with their own bytes", async () => {
  await serve((socket) => socket.pipe(socket));
  const port = await startRelay();
  const answers = await Promise.all(Array.from({ length: 300 }, async (_, index) => {
    const socket = dial(port);
    socket.end(`number ${index}`);
    return String(await all(socket));
  }));
  expect(answers).toEqual(Array.from({ length: 300 }, (_, index) => `number ${index}`));
});

test("where descriptors run out, connections wait instead of burning the processor or being lost", async () => {
  await serve((socket) => socket.pipe(socket));
  const port = await startRelay();
  execFileSync("prlimit", [`--pid=${relay?.pid ?? 0}`, "--nofile=24:24"]);
  const answers = await Promise.all(Array.from({ length: 60 }, async (_, index) => {
    const socket = dial(port);
    socket.end(`number ${index}`);
    return String(await all(socket));
  }));
  expect(answers.filter((answer) => /^number [0-9]+$/.test(answer)).length).toBeGreaterThanOrEqual(50);
});

test("it ends with its lifeline", async () => {
  await startRelay();
  const ended = new Promise((resolve) => relay?.once("exit", (code) => resolve(code)));
  relay?.stdin?.destroy();
  expect(await ended).toBe(0);
});
