import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatProblems, parseAgent, parseBottle } from "../index.ts";
import { designExample } from "../testing/bottle-file.ts";

// Each finishes in well under a second; one that were quadratic would take minutes and hit the test's time limit.
const room = 65_000;
const fill = (unit: string): string => unit.repeat(Math.floor(room / unit.length));

describe("no file takes long to refuse", () => {
  test.each([
    ["nested lists", `env: ${fill("[")}`],
    ["nested maps", `env: ${fill("{a: ")}`],
    ["nested blocks", fill("- ")],
    ["explicit keys", fill("? ")],
    ["many keys", Array.from({ length: 7000 }, (_, at) => `k${at}: 1`).join("\n")],
    ["many variables", `env:\n${Array.from({ length: 5000 }, (_, at) => `  K${at}: 1`).join("\n")}`],
    ["billion laughs", `a: &a [x,x,x,x]\n${Array.from({ length: 20 }, (_, at) => `b${at}: &b${at} [*a,*a,*a,*a]`).join("\n")}`],
    ["a long key", `${fill("k")}: 1`],
    ["a long host", `egress: { routes: [{ host: ${fill("a.")} }] }`],
    ["a long host of stars", `egress: { routes: [{ host: "${fill("*.")}" }] }`],
    ["a long host of digits", `egress: { routes: [{ host: "${fill("0x")}" }] }`],
    ["a long path", `egress: { routes: [{ host: a.test, paths: ["${fill("/*")}"] }] }`],
    ["a long path of percents", `egress: { routes: [{ host: a.test, paths: ["/${fill("%")}"] }] }`],
    ["a long upstream", `git: [{ name: a, upstream: "${fill("a@")}" }]`],
    ["a long scp path", `git: [{ name: a, upstream: "a.test:${fill("a/")}" }]`],
    ["a long host key", `git: [{ name: a, upstream: "a.test:a", known_host_key: "${fill("ssh-ed25519 ")}" }]`],
    ["a long memory", `limits: { memory: "${fill("1")}" }`],
    ["blank memory", `limits: { memory: "1${fill(" ")}x" }`],
    ["many upstreams", `git:\n${"- { name: a, upstream: x }\n".repeat(2300)}`],
    ["many upstreams beside many routes to their host", `git:\n${Array.from({ length: 900 }, (_, at) => `- { name: a${at}, upstream: "h:p${at}" }\n`).join("")}egress: { routes: [${"{ host: h, paths: [/x/**/y/**] },".repeat(800)}] }`],
    ["many old routes", `cred_proxy:\n${"- { upstream: https://a.test }\n".repeat(2000)}`],
    ["blanks", `${fill(" ")}`],
    ["quotes", fill("'")],
    ["fences", fill("--- \n")],
  ])("%s", (_, yaml) => {
    const text = `---\n${yaml}\n---\n`;
    const parsed = parseBottle({ file: "bottles/dev.md", text });
    if (parsed.ok) return;
    expect(parsed.problems.length).toBeGreaterThan(0);
    expect(parsed.problems.length).toBeLessThanOrEqual(100);
    expect(formatProblems(parsed.problems, text, { colour: false }).length).toBeLessThan(200_000);
  });

  test("a megabyte of blank lines before the frontmatter", () => {
    expect(parseBottle({ file: "dev.md", text: "\n".repeat(2 ** 20 - 10) }).ok).toBe(false);
  });

  test("a megabyte of text below it is a body", () => {
    const text = `---\n---\n${"a \n".repeat(340_000)}`;
    expect(parseBottle({ file: "dev.md", text })).toMatchObject({ ok: true });
  });
});

const hostileText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom("---\n", "\n", "  ", "- ", ": ", "env", "egress", "routes", "host", "git", "name", "{", "}", "[", "]", "&a", "*a", "!t",
    "\"", "'", "|", ">", "#", "\t", "\u202e", "\u0000", "\u001b[2J", "__proto__", "*", "https://x/", "1", "true", "~", "%YAML 1.1", "...", "? "), { maxLength: 60 })
    .map((parts) => `---\n${parts.join("")}\n---\n`),
);

describe("any text at all", () => {
  test("is parsed or refused with places inside the file and printable words; nothing is thrown", () => {
    fc.assert(fc.property(hostileText, (text) => {
      for (const parse of [parseBottle, parseAgent]) {
        const parsed = parse({ file: "x/dev.md", text });
        if (parsed.ok) continue;
        const lines = text.split("\n");
        expect(parsed.problems.length).toBeGreaterThan(0);
        for (const { line, column } of parsed.problems) {
          expect(line).toBeLessThanOrEqual(lines.length);
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
        }
        expect(formatProblems(parsed.problems, text, { colour: false })).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/);
      }
    }), { numRuns: 1500 });
  });

  test("as bytes is parsed or refused as well", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (text) => {
      expect(parseBottle({ file: "dev.md", text }).ok).toBe(false);
    }), { numRuns: 500 });
  });

  test("one changed character of a good file is never thrown over", () => {
    fc.assert(fc.property(fc.nat(designExample.length), fc.string({ unit: "binary", maxLength: 3 }), (at, noise) => {
      const text = designExample.slice(0, at) + noise + designExample.slice(at + 1);
      expect(typeof parseBottle({ file: "dev.md", text }).ok).toBe("boolean");
    }), { numRuns: 1500 });
  });
});
