import { once } from "node:events";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { cut } from "./mutate.ts";
import type { Random } from "./random.ts";

/** Writes bytes in pieces, listens for a while, and ends in one way or another; answers all that was heard. */
export async function speak(socket: Socket, bytes: Buffer, random: Random): Promise<Buffer> {
  const heard: Buffer[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.on("error", () => {}).on("data", (chunk: Buffer) => void heard.push(chunk)).once("close", () => resolve()).once("end", () => resolve());
  for (const part of cut(bytes, random)) {
    if (socket.destroyed || !socket.writable) break;
    socket.write(part);
    await setImmediate();
  }
  if (random.chance(0.2)) socket.end();
  await within(closed, random.pick([2, 40, 40, 150]));
  socket.destroy();
  return Buffer.concat(heard);
}

/** Waits for it, but not longer. */
async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([promise.catch(() => {}), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for an event, an error or the end of the socket. */
export async function settled(socket: Socket, event: string, ms: number): Promise<boolean> {
  let came = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.once(event, () => {
    came = true;
    resolve();
  }).once("close", () => resolve());
  await within(promise, ms);
  return came;
}

/** Everything that is heard until a head is complete. */
export async function readHead(socket: Socket, ms: number): Promise<string> {
  let text = "";
  const enough = new AbortController();
  const onData = (chunk: Buffer): void => {
    text += chunk.toString("latin1");
    if (text.includes("\r\n\r\n")) enough.abort();
  };
  socket.on("data", onData);
  await within(once(socket, "close", { signal: enough.signal }), ms);
  socket.off("data", onData);
  return text;
}
