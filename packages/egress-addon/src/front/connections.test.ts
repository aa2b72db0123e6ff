import { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createConnections } from "./connections.ts";

const open = (count: number): Socket[] => Array.from({ length: count }, () => new Socket());

test("over the limit the connection that has been idle for longest makes room", () => {
  const connections = createConnections(3);
  const sockets = open(5);
  for (const socket of sockets.slice(0, 3)) connections.enter(socket);
  connections.began(sockets[0]!);
  connections.ended(sockets[0]!);
  for (const socket of sockets.slice(3)) connections.enter(socket);
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, true, true, false, false]);
  expect(connections.sockets.size).toBe(3);
});

test("a connection with something under way, itself or in its tunnel, is never closed for another", () => {
  const connections = createConnections(2);
  const [plain, tunnel, late, last] = open(4);
  const [inner, deeper] = [new PassThrough(), new PassThrough()];
  connections.enter(plain!);
  connections.enter(tunnel!);
  connections.carry(inner, tunnel!);
  connections.carry(deeper, inner);
  connections.began(plain!);
  connections.began(deeper);
  connections.began(deeper);
  connections.ended(deeper);
  connections.enter(late!);
  expect([plain, tunnel, late].map((socket) => socket?.destroyed)).toEqual([false, false, true]);
  connections.ended(deeper);
  connections.enter(last!);
  expect([plain, tunnel, last].map((socket) => socket?.destroyed)).toEqual([false, true, false]);
});

test("a connection that closed by itself is forgotten", async () => {
  const connections = createConnections(1);
  const [first, second] = open(2);
  connections.enter(first!);
  connections.began(first!);
  first!.destroy();
  await new Promise((resolve) => first!.once("close", resolve));
  connections.ended(first!);
  connections.enter(second!);
  expect([connections.sockets.size, second!.destroyed]).toEqual([1, false]);
});
