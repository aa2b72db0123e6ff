import { once } from "node:events";
import { expect, test } from "vitest";
import { ending, start } from "./start.ts";

const started = (script: string): ReturnType<typeof start> => start(["sh", "-c", script], { stdio: "ignore", label: "", detached: true });

test("a program's end is told to whoever asks while it runs, and to whoever asks later", async () => {
  for (const [script, code] of [["exit 3", 3], ["kill -KILL $$", 137]] as const) {
    const child = started(script);
    expect(await ending(child)).toBe(code);
    expect(await ending(child)).toBe(code);
  }
});

test("a program that ended while nobody asked is not waited for without end", async () => {
  const child = started("exit 0");
  await once(child, "exit");
  expect(await ending(child)).toBe(0);
});

test("one that could not be started ends with 127", async () => {
  expect(await ending(start(["/no/such/program"], { stdio: "ignore", label: "", detached: true }))).toBe(127);
});
