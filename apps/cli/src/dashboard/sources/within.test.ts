import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { connectionWithin } from "./within.ts";

const never = new AbortController().signal;

test("a connection in time is given, and its later faults end nothing", async () => {
  const connection = new PassThrough();
  expect(await connectionWithin(1000, Promise.resolve(connection), never)).toBe(connection);
  connection.destroy(new Error("cut"));
  await new Promise((resolve) => connection.once("close", resolve));
});

test("one that comes too late, or after the signal, is told and closed", async () => {
  for (const signal of [never, AbortSignal.timeout(1)]) {
    const opening = Promise.withResolvers<PassThrough>();
    await expect(connectionWithin(20, opening.promise, signal)).rejects.toThrow("no connection within 0.02 s");
    const late = new PassThrough();
    opening.resolve(late);
    await expect.poll(() => late.destroyed).toBe(true);
  }
});

test("one that cannot be opened is told as it is", async () => {
  await expect(connectionWithin(1000, Promise.reject(new Error("nobody there")), never)).rejects.toThrow("nobody there");
});
