import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { UpstreamFailure } from "@bottle/way-out";
import { expect, test } from "vitest";
import { checkLeaks } from "../testing/leaks.ts";
import { frame, frameTypes } from "../testing/wire.ts";
import type { AnswerControl, UpstreamRequest } from "./pools.ts";
import { startSession } from "./session.ts";

checkLeaks();
const request: UpstreamRequest = {
  origin: { host: "a.test", port: 80, secure: false }, method: "GET", path: "/", headers: [], body: null, trailers: { announced: [], read: () => [] },
};

interface Asked {
  readonly control: AnswerControl;
  readonly failure: Promise<UpstreamFailure>;
}

function ask(session: ReturnType<typeof startSession>): Asked {
  const { promise: failure, resolve } = Promise.withResolvers<UpstreamFailure>();
  let control: AnswerControl | undefined;
  session.send(request, { begin: (steering) => void (control = steering), start: () => {}, data: () => {}, sent: () => {}, end: () => {}, fail: resolve });
  if (control === undefined) throw new Error("The request did not begin.");
  return { control, failure };
}

test("a session that was silent and does not answer a PING is given up, and what was sent on it fails", async () => {
  const sockets = new Set<Socket>();
  // It takes the connection and its settings, and is gone without a word.
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).resume().write(frame(frameTypes.settings));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const session = startSession(socket, { answerTimeoutMs: 60_000, onClose: resolve, silentMs: 0, pongMs: 200 });
  await session.settling;
  ask(session).control.abort();
  await expect.poll(() => session.streams).toBe(0);
  const { failure } = ask(session);
  expect((await failure).reason).toBe("upstream-broken");
  await closed;
  expect(session.isOpen).toBe(false);
  for (const open of sockets) open.destroy();
  server.close();
});

test("an answer that takes too long fails, and the session takes no more", async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).resume().write(frame(frameTypes.settings));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(socket, "connect");
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const session = startSession(socket, { answerTimeoutMs: 100, onClose: resolve });
  const { failure } = ask(session);
  expect((await failure).reason).toBe("upstream-timeout");
  expect(session.isOpen).toBe(false);
  await closed;
  for (const open of sockets) open.destroy();
  server.close();
});
