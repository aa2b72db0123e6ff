import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { rewriteOf } from "./spellings.ts";

const gate = "http://git-gate:9418";

function rewritten(upstream: string, url: string): string {
  const { path = "", prefixes = [] } = rewriteOf(upstream) ?? {};
  const settings = prefixes.flatMap((prefix) => ["-c", `url.${gate}/${path}.insteadOf=${prefix}`]);
  return execFileSync("git", [...settings, "ls-remote", "--get-url", url], { cwd: "/", env: { PATH: process.env["PATH"], GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" }, encoding: "utf8" }).trim();
}

test.each([
  ["git@h.example.com:acme/app.git"], ["ssh://git@h.example.com/acme/app"], ["ssh://git@h.example.com:22/acme/app.git"], ["h.example.com:acme/app"], ["git+ssh://git@h.example.com/acme/app"],
  ["https://h.example.com/acme/app"], ["https://h.example.com/acme/app.git"], ["https://git@h.example.com/acme/app.git"], ["https://h.example.com:443/acme/app"],
])("git goes to the gate for %s", (url) => {
  expect(rewritten("ssh://git@h.example.com/acme/app.git", url)).toMatch(/^http:\/\/git-gate:9418\/h\.example\.com\/acme\/app(?:\.git)?$/);
});

test.each([
  ["https://h.example.com/acme/app2", "h.example.com/acme/app2"], ["https://h.example.com/acme/app.github.io", "h.example.com/acme/app.github.io"],
  ["https://h.example.com/acme/app-tools.git", "h.example.com/acme/app-tools.git"],
])("the neighbour %s comes to the gate under its own name", (url, path) => {
  expect(rewritten("git@h.example.com:acme/app.git", url)).toBe(`${gate}/${path}`);
});

test("ports that are not the usual ones are kept apart", () => {
  expect(rewritten("ssh://git@h:2222/app.git", "ssh://git@h:2222/app.git")).toBe(`${gate}/h/app.git`);
  expect(rewritten("ssh://git@h:2222/app.git", "ssh://git@h/app.git")).toBe("ssh://git@h/app.git");
  expect(rewritten("https://h:8443/app", "https://h:8443/app2")).toBe(`${gate}/h:8443/app2`);
});
