import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { shell } from "./shell.ts";

function output(prompt: string, path: string): string {
  const [program = "", ...args] = [...shell.system, ...shell.argv({ prompt, resume: false, autonomy: "full", interactive: false, extra: ["zero", "a b"] })];
  return execFileSync(program, args, {
    encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { PATH: path, HOME: "/nonexistent" },
  });
}

test("a prompt is a script for bash, and the operator's arguments reach it whole", () => {
  expect(output('echo "${BASH_VERSION:+bash}|$0|$1"', "/usr/bin:/bin")).toBe("bash|zero|a b\n");
});

test("where there is no bash, sh does", () => {
  expect(output('echo "ran|$1"', "/nonexistent")).toBe("ran|a b\n");
});

test.each(["/usr/bin:/bin", "/nonexistent"])("a prompt that starts like an option is a script all the same (PATH=%s)", (path) => {
  expect(output('-l 2>/dev/null || echo "no such command|$1"', path)).toBe("no such command|a b\n");
  expect(output('+x 2>/dev/null || echo "no such command|$1"', path)).toBe("no such command|a b\n");
});
