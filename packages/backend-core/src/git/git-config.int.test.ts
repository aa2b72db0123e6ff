import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gitConfigText } from "./git-config.ts";

let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "bottle-gitconfig-"));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const git = (...args: readonly string[]): string =>
  execFileSync("git", args, { cwd: home, encoding: "utf8", env: { PATH: process.env["PATH"] ?? "", HOME: home, GIT_CONFIG_NOSYSTEM: "1" } }).replace(/\n$/, "");
const write = (options: Parameters<typeof gitConfigText>[0]): void => writeFileSync(join(home, ".gitconfig"), gitConfigText(options));
const leadsTo = (url: string): string => git("ls-remote", "--get-url", url);
const gate = "http://git-gate:9418";

describe("every spelling of a declared upstream leads to the gate", () => {
  const standard = (host: string, path: string): readonly string[] => ["", ".git", ".git/", "/"].flatMap((end) => [
    `ssh://git@${host}/${path}${end}`, `ssh://${host}/${path}${end}`, `ssh://git@${host}:22/${path}${end}`, `git+ssh://git@${host}/${path}${end}`, `ssh+git://${host}/${path}${end}`,
    `git@${host}:${path}${end}`, `${host}:${path}${end}`, `git@${host}:/${path}${end}`,
    `https://${host}/${path}${end}`, `https://git@${host}/${path}${end}`, `https://${host}:443/${path}${end}`,
  ]);
  const other = (host: string, port: number, path: string): readonly string[] => ["", ".git"].flatMap((end) => [
    `ssh://git@${host}:${port}/${path}${end}`, `ssh://${host}:${port}/${path}${end}`, `https://${host}/${path}${end}`,
  ]);
  test.each<readonly [upstream: string, spellings: readonly string[]]>([
    ["ssh://git@git.example.com/acme/app.git", standard("git.example.com", "acme/app")],
    ["ssh://git@git.example.com:22/acme/app", standard("git.example.com", "acme/app")],
    ["git@git.example.com:acme/app.git", standard("git.example.com", "acme/app")],
    ["https://git.example.com/acme/app.git", standard("git.example.com", "acme/app")],
    ["https://git.example.com/acme/app/", standard("git.example.com", "acme/app")],
    ["ssh://git@git.example.com:2222/acme/app.git", other("git.example.com", 2222, "acme/app")],
    ["ssh://deploy@git.example.com/~deploy/app", ["ssh://deploy@git.example.com/~deploy/app.git", "deploy@git.example.com:~deploy/app"]],
    ["ssh://git@[2001:db8::1]:2222/acme/app.git", ["ssh://git@[2001:db8::1]:2222/acme/app"]],
  ])("%s", (upstream, spellings) => {
    write({ upstreams: [{ upstream }] });
    for (const spelling of [upstream, ...spellings]) expect([spelling, leadsTo(spelling)]).toEqual([spelling, expect.stringMatching(/^http:\/\/git-gate:9418\/[^/]+(?:\/acme|\/~deploy)\/app(?:\.git)?\/?$/)]);
  });
});

describe("of several upstreams", () => {
  test.each([
    ["git@git.example.com:acme/app.git", `${gate}/git.example.com/acme/app.git`],
    ["git@git.example.com:acme/app-docs.git", `${gate}/git.example.com/acme/app-docs.git`],
    ["https://git.example.com/acme/app-docs", `${gate}/git.example.com/acme/app-docs`],
    ["https://git.example.com/acme/app2.git", `${gate}/git.example.com/acme/app2.git`],
    ["ssh://git@other.example.com/acme/app.git", `${gate}/-/git@other.example.com/acme/app.git`],
    ["git@other.example.com:acme/app.git", `${gate}/-/other.example.com:acme/app.git`],
    ["https://other.example.com/acme/app.git", "https://other.example.com/acme/app.git"],
    ["/srv/app.git", "/srv/app.git"],
    ["https://git.example.com/other/app.git", "https://git.example.com/other/app.git"],
  ])("%s leads to %s", (url, expected) => {
    write({ upstreams: [{ upstream: "git@git.example.com:acme/app.git" }, { upstream: "git@git.example.com:acme/app-docs.git" }] });
    expect(leadsTo(url)).toBe(expected);
  });
});

test.each([
  ["An Agent", "agent@example.com"],
  ["O'Neil \"the\\agent\" # 1; x", "a+b@users.noreply.example.com"],
  ["Ägent 漢字", "agent@localhost"],
])("commits are by %s <%s>", (name, email) => {
  write({ upstreams: [], identity: { name, email } });
  expect([git("config", "user.name"), git("config", "user.email")]).toEqual([name, email]);
});

test("a value can end neither its line nor its quotes", () => {
  write({ upstreams: [{ upstream: "git@h:a\"]\n[alias]\n\tx=!id" }, { upstream: "git@h:a\"]" }], identity: { name: "a\"\n[core]\n\tsshCommand = id", email: "a@b\\" } });
  expect(git("config", "--list", "--name-only").split("\n").filter((key) => /^(?:alias|core)\./.test(key))).toEqual([]);
});

test("no helper is asked for a credential, and without an upstream no URL is rewritten", () => {
  write({ upstreams: [] });
  expect(git("config", "--list").split("\n")).toEqual(["credential.helper="]);
  expect(leadsTo("ssh://git@git.example.com/acme/app.git")).toBe("ssh://git@git.example.com/acme/app.git");
});
