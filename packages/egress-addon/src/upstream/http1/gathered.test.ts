import { expect, test } from "vitest";
import { createGathered } from "./gathered.ts";

test("an end that comes in two parts is found, and what was kept is in front of it", () => {
  const gathered = createGathered();
  const first = gathered.join(Buffer.from("xabc\r\n\r"));
  expect(gathered.find(first, "\r\n\r\n", 1)).toBe(-1);
  gathered.keep(first, 1);
  const second = gathered.join(Buffer.from("\nrest"));
  expect(String(second)).toBe("abc\r\n\r\nrest");
  expect(gathered.find(second, "\r\n\r\n", 0)).toBe(3);
  expect(String(gathered.join(Buffer.from("next")))).toBe("next");
});

test("what was handed out is not written over by what is gathered later", () => {
  const gathered = createGathered();
  let bytes = gathered.join(Buffer.from("a"));
  for (const next of ["b", "c\r\nbody", "d", "e"]) {
    gathered.find(bytes, "\r\n", 0);
    gathered.keep(bytes, 0);
    bytes = gathered.join(Buffer.from(next));
    if (next.length > 1) break;
  }
  const at = gathered.find(bytes, "\r\n", 0);
  const body = bytes.subarray(at + 2);
  gathered.keep(bytes, at + 4);
  for (const next of ["1", "2", "3"]) gathered.keep(gathered.join(Buffer.from(next)), 0);
  expect(String(body)).toBe("body");
});

test("a quarter of a megabyte that comes byte by byte takes time in proportion to its length", () => {
  const gathered = createGathered();
  const startedAt = process.threadCpuUsage();
  for (let sent = 0; sent < 262_144; sent += 1) {
    const bytes = gathered.join(Buffer.from("x"));
    if (gathered.find(bytes, "\r\n", 0) !== -1) throw new Error("There is no end.");
    gathered.keep(bytes, 0);
  }
  expect(process.threadCpuUsage(startedAt).user / 1_000).toBeLessThan(3_000);
});
