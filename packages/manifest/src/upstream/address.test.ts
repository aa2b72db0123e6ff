import { describe, expect, test } from "vitest";
import { upstreamFault } from "../rules/upstream.ts";
import { parseUpstream, upstreamKey } from "./address.ts";
import { rewriteOf } from "./rewrite.ts";

const keyOf = (text: string): string | undefined => {
  const address = parseUpstream(text);
  return address && upstreamKey(address);
};

describe("an upstream that a manifest may name", () => {
  test.each([
    ["ssh://git@git.example.com:2222/acme/app.git", { transport: "ssh", user: "git", host: "git.example.com", port: 2222, path: "/acme/app.git" }],
    ["git.example.com:acme/app", { transport: "ssh", host: "git.example.com", port: 22, path: "acme/app" }],
    ["deploy@git.example.com:/srv/app.git", { transport: "ssh", user: "deploy", host: "git.example.com", port: 22, path: "/srv/app.git" }],
    ["ssh://git@[2001:db8::1]/a", { transport: "ssh", user: "git", host: "2001:db8::1", port: 22, path: "/a" }],
    ["https://git.example.com/acme/app.git", { transport: "https", host: "git.example.com", port: 443, path: "/acme/app.git" }],
  ])("%s is read", (text, address) => {
    expect(upstreamFault(text)).toBeUndefined();
    expect(parseUpstream(text)).toEqual(address);
    expect(rewriteOf(text)?.prefixes.length).toBeGreaterThan(2);
  });
});

test.each([
  "", "x", "--upload-pack=x", "ext::sh -c id", "file:///srv/a.git", "http://a.test/a", "/srv/a.git", "../a", "https://user@a.test/a", "https://user:pw@a.test/a", "ssh://a.test", "git@a.test:", "a b@c:d", "git@a.test:p\nq", "ssh://-oProxyCommand=x/a", "ssh://-l@a.test/a", "git@-a.test:p", "https://-a.test/a",
])("%j is no upstream", (text) => {
  expect(parseUpstream(text)).toBeUndefined();
  expect(rewriteOf(text)).toBeUndefined();
});

test("one repository has one key, however it is reached", () => {
  const same = [
    "ssh://git@git.example.com/acme/app.git", "ssh://git.example.com:22/acme/app", "git@git.example.com:acme/app.git", "git@git.example.com:/acme/app/", "https://git.example.com/acme/app",
    "https://GIT.example.com/Acme/App.git/", "https://git.example.com/%61cme/app", "ssh://other@git.example.com:2222/acme/app.GIT",
  ];
  expect(new Set(same.map(keyOf))).toEqual(new Set(["git.example.com/acme/app"]));
  expect(keyOf("git@git.example.com:acme/app2")).not.toBe(keyOf(same[0] ?? ""));
  expect(keyOf("git@other.example.com:acme/app")).not.toBe(keyOf(same[0] ?? ""));
});
