import { expect, test } from "vitest";
import { Output } from "./output.ts";

test("room is made for what comes, not for all that may come", () => {
  const output = new Output(1 << 30);
  output.append(Buffer.from("ab"));
  expect(output.bytes.length).toBeLessThan(10_000);
  output.append(Buffer.alloc(100_000));
  expect(output.bytes.length).toBeLessThan(300_000);
  expect([output.length, output.left]).toEqual([100_002, (1 << 30) - 100_002]);
});

test("what is near is repeated with what it becomes, what is far as it is", () => {
  const output = new Output(100);
  output.append(Buffer.from("abc"));
  for (const [distance, count] of [[1, 4], [3, 5], [12, 3]] as const) {
    output.reserve(count);
    output.repeat(distance, count);
  }
  expect(output.take().toString()).toBe("abccccccccccabc");
});
