import { expect, test } from "vitest";
import { startTogether } from "./start-together.ts";

const resource = (log: string[], name: string): AsyncDisposable => ({
  async [Symbol.asyncDispose]() {
    log.push(`ended ${name}`);
  },
});

test("both are handed out and unwound with the stack", async () => {
  const log: string[] = [];
  {
    await using stack = new AsyncDisposableStack();
    await startTogether({ stack, starters: [async () => resource(log, "a"), async () => resource(log, "b")] });
    expect(log).toEqual([]);
  }
  expect(log.sort()).toEqual(["ended a", "ended b"]);
});

test("when one fails the other is aborted, what came up is unwound, and the first failure is thrown", async () => {
  const log: string[] = [];
  await expect((async () => {
    await using stack = new AsyncDisposableStack();
    await startTogether({
      stack,
      starters: [
        async () => resource(log, "a"),
        async () => {
          await Promise.resolve();
          throw new Error("b broke");
        },
      ],
    });
  })()).rejects.toThrow("b broke");
  expect(log).toEqual(["ended a"]);
});

test("an abort from outside reaches both", async () => {
  const abort = new AbortController();
  await using stack = new AsyncDisposableStack();
  const wait = (signal: AbortSignal): Promise<AsyncDisposable> => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const started = startTogether({ stack, starters: [wait, wait], signal: abort.signal });
  abort.abort(new Error("stop"));
  await expect(started).rejects.toThrow("stop");
});
