import { expect, test } from "vitest";
import type { Ask } from "./model.ts";
import { shownAsk, shownProposal } from "./shown.ts";

const ask: Ask = { kind: "egress", route: { host: "api.example.com", ports: [443], methods: ["GET"], paths: ["/v1/**"] } };
const shown = (justification: string): string => shownProposal({ ask, justification }).justification;

test("what is asked is one line", () => {
  expect(shownAsk(ask)).toBe("GET api.example.com:443 /v1/**");
  expect(shownAsk({ kind: "pipelock", route: { host: "*.example.com" } })).toBe("through the second hop: any method *.example.com any path");
  expect(shownAsk({ kind: "capability", dockerfile: "FROM scratch\nRUN x\n" })).toBe("another image: a Dockerfile of 2 lines");
});

test("a ref of a push cannot steer a terminal", () => {
  const push = { repository: "app", updates: [{ ref: "refs/heads/\u001b[2J\u202e", new: "a".repeat(40) }, { ref: "refs/heads/old" }], findings: [], review: ["x"] };
  expect(shownAsk({ kind: "push", push })).toBe("a held push to app: refs/heads/\\u{1b}[2J\\u{202e}, refs/heads/old (delete) (1 to look at)");
});

test("what a push holds besides what is listed is counted", () => {
  const push = { repository: "app", updates: [{ ref: "refs/heads/a", new: "a".repeat(40) }], findings: [], review: ["x"], unlisted: 3 };
  expect(shownAsk({ kind: "push", push })).toBe("a held push to app: refs/heads/a (1 to look at, 3 more)");
});

test.each([
  ["controls and escape sequences", "a\u001b[31mb\u0007\u009b2Jc", "a[31mb2Jc"],
  ["bidirectional controls", "safe \u202eevil\u202c \u2066x\u2069", "safe evil x"],
  ["invisible characters, tags and lone surrogates", "a\u200bb\u{e0041}\ufeffc\ud800d\u3164", "abcd"],
  ["carriage returns that would write over a line", "approve me\rREJECT", "approve me\nREJECT"],
  ["marks stacked without end", `a${"\u0301".repeat(50)}`, "a\u0301\u0301\u0301"],
])("%s are taken out of a justification", (_, raw, clean) => {
  expect(shown(raw)).toBe(clean);
});

test("a justification cannot push the rest off the screen", () => {
  expect(shown("\n".repeat(500) + "x" + "\n".repeat(500) + "y")).toBe("x\n\ny");
  expect(shown(Array.from({ length: 30 }, (_, at) => `l${at}`).join("\n")).split("\n")).toHaveLength(21);
  expect(shown("x".repeat(4000))).toBe(`${"x".repeat(2000)}… (2000 more characters)`);
  expect(shown(`${"x".repeat(1999)}😀😀`)).toBe(`${"x".repeat(1999)}… (4 more characters)`);
});

test("nothing hides in a Dockerfile: what cannot be seen is written out", () => {
  expect(shownProposal({ ask: { kind: "capability", dockerfile: "FROM a\nRUN x\u200b #\u202e\n" }, justification: "" }).dockerfile).toBe("FROM a\nRUN x\\u{200b} #\\u{202e}\n");
});
