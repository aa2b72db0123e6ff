import { execFileSync } from "node:child_process";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { inSizeOf } from "./terminal-size.ts";

test("the size is set before the program is, whose words stay as they are", () => {
  const output = Object.assign(new PassThrough(), { rows: 40, columns: 120 });
  const [shell = "", ...args] = inSizeOf(output, ["printf", "%s|", "a b", "$HOME", "", "--"]);
  expect(args.slice(3, 5)).toEqual(["40", "120"]);
  expect(execFileSync(shell, args, { encoding: "utf8" })).toBe("a b|$HOME||--|");
});

test("what has no size leaves the command alone", () => {
  expect(inSizeOf(new PassThrough(), ["cat"])).toEqual(["cat"]);
  expect(inSizeOf(Object.assign(new PassThrough(), { rows: 0, columns: 0 }), ["cat"])).toEqual(["cat"]);
});
