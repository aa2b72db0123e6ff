import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { homeScript } from "./provision.ts";

test("no content and no path is ever read as shell", () => {
  const script = homeScript({ files: [{ path: "a'b/$(id)", content: "$(touch /tmp/x)\nBOTTLE_END\n`id`" }], folders: [] });
  expect(() => execFileSync("sh", ["-n"], { input: script })).not.toThrow();
  expect(script).toContain(`'/home/node/a'\\''b/$(id)'`);
  expect(script).not.toContain("touch");
});
