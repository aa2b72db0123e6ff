import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { text } from "node:stream/consumers";
import { execIn } from "./exec.ts";
import { createApi, explainEngine, type EngineApi, type EngineError } from "./api.ts";

// A stand-in for an engine: what is shown here is what we send and how its odd answers are taken. The other tests have a real one.
let folder: string;
let asked: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let stop: () => Promise<void>;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "bottle-api-"));
  asked = [];
  answer = (_request, response) => response.end("{}");
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.url === "/_ping") response.writeHead(200, { "api-version": "1.41" }).end("OK");
    else answer(request, response);
  });
  server.on("upgrade", (request, socket) => {
    asked.push(`${request.method} ${request.url}`);
    socket.end("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nfirst bytes");
  });
  server.listen(join(folder, "engine.sock"));
  await once(server, "listening");
  stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
});
afterEach(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

const refuse = (): never => {
  throw new Error("Nothing is to be started.");
};
const apiAt = (address: string, environment: Readonly<Record<string, string>> = {}): EngineApi => createApi({ address: () => Promise.resolve(address), start: refuse, environment });
const api = (): EngineApi => apiAt(`unix://${folder}/engine.sock`);
const failure = (attempt: Promise<unknown>): Promise<EngineError> => attempt.then(() => Promise.reject(new Error("It went well.")), (error: EngineError) => error);

test("an older engine is spoken to in its version, which is asked for once; an operator's word goes before", async () => {
  const old = api();
  await old.get("/info");
  await old.get("/networks", { query: { filters: { name: ["a b"] }, all: "true" } });
  await apiAt(`unix://${folder}/engine.sock`, { DOCKER_API_VERSION: "1.40" }).get("/info");
  expect(asked).toEqual(["GET /_ping", "GET /v1.41/info?", "GET /v1.41/networks?filters=%7B%22name%22%3A%5B%22a+b%22%5D%7D&all=true", "GET /v1.40/info?"]);
});

test("what is not there is undefined; what is refused has the engine's words", async () => {
  answer = (_request, response) => response.writeHead(404).end('{"message":"No such container: x"}');
  expect(await api().get("/containers/x/json")).toBeUndefined();
  answer = (_request, response) => response.writeHead(500).end('{"message":"disk full"}');
  const refused = await failure(api().get("/info"));
  expect(refused).toMatchObject({ status: 500, message: "disk full" });
  expect(explainEngine("It could not be read", refused)).toMatchObject({ code: "launch-failed", message: "It could not be read: disk full" });
  answer = (_request, response) => response.writeHead(200).end("<html>");
  expect(await failure(api().get("/info"))).toMatchObject({ status: undefined, message: "The engine's answer cannot be read." });
});

test("an engine that is not there, or goes in mid-answer, is told as one", async () => {
  expect(explainEngine("It could not be read", await failure(apiAt(`unix://${folder}/nowhere.sock`).get("/info")))).toMatchObject({
    code: "backend-unavailable", message: "It could not be read: the engine does not answer.",
  });
  answer = (request) => request.socket.destroy();
  expect(await failure(api().get("/info"))).toMatchObject({ name: "EngineError", status: undefined });
});

test("an abort ends a question and an answer that goes on, with its own reason", async () => {
  const stopped = new AbortController();
  answer = () => stopped.abort(new Error("enough"));
  await expect(api().get("/info", { signal: stopped.signal })).rejects.toThrow("enough");
  const listening = new AbortController();
  answer = (_request, response) => void response.writeHead(200).write("{}\n");
  const events = await api().follow("/events", { signal: listening.signal });
  listening.abort();
  await expect(text(events)).rejects.toThrow();
});

test("an abort while the answer comes, and one before the engine is even found, have their own reason", async () => {
  const stopped = new AbortController();
  answer = (_request, response) => {
    response.writeHead(200).write("{");
    setTimeout(() => stopped.abort(new Error("enough")), 50);
  };
  await expect(api().get("/info", { signal: stopped.signal })).rejects.toThrow("enough");
  const early = new AbortController();
  const nowhere = createApi({ address: () => new Promise(() => undefined), start: refuse, environment: {} });
  setTimeout(() => early.abort(new Error("too slow")), 20);
  await expect(nowhere.takeOver("/exec/1/start", {}, { signal: early.signal })).rejects.toThrow("too slow");
});

test("no name leads to another question", async () => {
  await api().get("/images/a b?x=1#y/json");
  expect(asked.at(-1)).toBe("GET /v1.41/images/a%20b%3Fx%3D1%23y/json?");
});

test("a connection that is handed over begins with the first bytes of the program", async () => {
  const taken = await api().takeOver("/exec/1/start", { Tty: false });
  expect(await text(taken)).toBe("first bytes");
  expect(asked).toEqual(["GET /_ping", "POST /v1.41/exec/1/start?"]);
});

test("a program whose end the engine has lost ends as killed once its process is gone, and not before", { timeout: 20_000 }, async () => {
  const processes = [["root", "41"], ["root", "42"]];
  let isLost = false;
  answer = (request, response) => {
    const path = request.url ?? "";
    if (path.includes("/exec?")) response.writeHead(201).end('{"Id":"e1"}');
    else if (path.includes("/exec/e1/json")) response.end(JSON.stringify({ Running: true, ExitCode: null, Pid: 42, ContainerID: "c1" }));
    else if (path.includes("/containers/c1/top")) response.end(JSON.stringify({ Titles: ["UID", "PID"], Processes: isLost ? processes.slice(0, 1) : processes }));
    else response.writeHead(404).end("{}");
  };
  const { child, ended } = await execIn(api(), "c1", { argv: ["true"] });
  for (const stream of [child.stdout, child.stderr]) stream.resume();
  const early = await Promise.race([ended, delay(2500, "still waited for")]);
  expect(early).toBe("still waited for");
  isLost = true;
  expect(await ended).toBe(137);
});
