import { describe, expect, test } from "vitest";
import { parseBottle } from "../index.ts";
import { bottleProblems } from "../testing/bottle-file.ts";

describe("what YAML may do and a manifest may not", () => {
  test.each([
    ["an anchor", "env: &a {}", "1:9 yaml-anchor The anchor \"&a\" is not read. → Remove it. If it is text, quote the value."],
    ["an anchor on a key", "&a env: {}", "1:4 yaml-anchor The anchor \"&a\" is not read. → Remove it. If it is text, quote the value."],
    ["an unquoted wildcard", "egress: { routes: [{ host: *.example.com }] }", "1:28 yaml-alias \"*.example.com\" is a YAML alias, which is not read. → If it is text, quote it: \"*.example.com\""],
    ["an unquoted star", "egress:\n  routes:\n    - host: *", "3:13 yaml-quote \"*\" needs quotes: it starts with a character that YAML keeps for itself. → \"*\""],
    ["a merge key", "env:\n  <<: { A: b }", "2:3 yaml-merge Merge keys (<<) are not read. → Write the keys out."],
    ["a repeated key", "env:\n  A: x\n  A: y", "3:3 yaml-duplicate-key The key \"A\" is here twice. → Keep one of the two."],
    ["a key repeated in other quotes", "backend: auto\n\"backend\": docker", "2:1 yaml-duplicate-key The key \"backend\" is here twice. → Keep one of the two."],
    ["a tag of YAML's own", "supervise: !!bool true", "1:19 yaml-tag The tag \"tag:yaml.org,2002:bool\" is not read. → Remove it. If it is text, quote the value."],
    ["a tag of one's own", "env: !js/function {}", "1:19 yaml-tag The tag \"!js/function\" is not read. → Remove it. If it is text, quote the value."],
    ["a second document", "backend: auto\n...\nbackend: docker", "3:1 yaml-documents The frontmatter holds more than one YAML document. → Keep one; put text for people below the closing `---`."],
    ["YAML 1.1", "%YAML 1.1", "1:1 yaml-directive Directives such as %YAML and %TAG are not read. → Remove the line."],
    ["a tab", "env:\n\tA: x", "2:1 yaml-tab The line is indented with a tab. → YAML indents with spaces only."],
    ["__proto__", "__proto__: { backend: docker }", "1:1 yaml-key \"__proto__\" cannot be a key. → Remove it."],
    ["constructor", "env: { constructor: x }", "1:8 yaml-key \"constructor\" cannot be a key. → Remove it."],
    ["a list as a key", "? [a]\n: b", "1:3 yaml-key A key must be a word, not a list or a map. → Write `key: value`."],
    ["no key", ": x", "1:1 yaml-key A key is missing before the colon. → Write `key: value`."],
    ["two keys on a line", "backend: auto: x", "1:10 yaml-syntax A second `key:` stands on the same line. → Put it on its own line, or quote the value if the colon belongs to it."],
    ["a bell in the YAML", "env: { A: \"\u0007\" }", "1:12 character-hidden The character \\u{7} does not show, or makes the line read otherwise than it is. → Remove it. Inside a value write it as an escape in double quotes."],
    ["a line that reads backwards", "backend: auto # \u202eegress", "1:17 character-hidden The character \\u{202e} does not show, or makes the line read otherwise than it is. → Remove it. Inside a value write it as an escape in double quotes."],
    ["a lone carriage return", "backend: auto\rworkspace: bind", "1:14 character-hidden The character \\r does not show, or makes the line read otherwise than it is. → Remove it. Inside a value write it as an escape in double quotes."],
  ])("%s is refused at its place", (_, yaml, problem) => {
    expect(bottleProblems(yaml)).toEqual([problem]);
  });

  test("broken YAML is reported once per line, not once per error", () => {
    expect(bottleProblems("egress: { routes: [ }\nenv: \"x")).toEqual([
      expect.stringMatching(/^1:21 yaml-syntax This is not YAML: /),
      expect.stringMatching(/^2:8 yaml-syntax This is not YAML: Missing closing "quote\.$/),
    ]);
  });

  test("words of YAML 1.1 are text: yes, on, 0o7 in quotes, dates", () => {
    expect(bottleProblems("env: { A: yes, B: on, C: 2001-01-01, D: \"0o7\", E: 1:30 }")).toEqual([]);
  });

  test("prototypes stay clean", () => {
    bottleProblems("\"__proto__\": { polluted: true }\nenv: { constructor: { from_env: X } }");
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect("polluted" in {}).toBe(false);
  });
});

describe("a file's frame", () => {
  const problem = (text: string | Uint8Array): unknown => {
    const parsed = parseBottle({ file: "b/dev.md", text });
    return parsed.ok ? undefined : parsed.problems.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);
  };
  test.each([
    ["no frontmatter", "# Dev\n", "1:1 frontmatter-missing The file does not start with frontmatter, which says what bottle it is."],
    ["an empty file", "", "1:1 frontmatter-missing The file does not start with frontmatter, which says what bottle it is."],
    ["lines above it", "\n\n---\nbackend: auto\n---\n", "3:1 frontmatter-missing The frontmatter does not start on the first line."],
    ["no end", "---\nbackend: auto\n", "1:1 frontmatter-unterminated The frontmatter that starts here has no end."],
    ["an indented end", "---\nbackend: auto\n ---\n", "1:1 frontmatter-unterminated The frontmatter that starts here has no end."],
    ["only text in it", "---\nhello\n---\n", "2:1 frontmatter-empty The frontmatter holds no keys."],
    ["too much text", `---\n---\n${"x".repeat(2 ** 20)}`, "1:1 file-too-big The file has 1048584 characters; at most 1048576 are read."],
    ["too much YAML", `---\n${"#".repeat(2 ** 16)}\n---\n`, "2:1 frontmatter-too-big The frontmatter has 65537 characters; at most 65536 are read."],
    ["a NUL below it", "---\n---\na\0b", "2:4 character-hidden The text below the frontmatter holds a NUL character."],
    ["a lone surrogate", "---\nenv: { A: \"\ud800\" }\n---\n", "2:12 file-not-utf8 The file is not UTF-8 from here on."],
  ])("%s is said", (_, text, expected) => {
    expect(problem(text)).toEqual([expected]);
  });

  test.each([
    ["Latin-1", [0x2d, 0x2d, 0x2d, 0x0a, 0x61, 0xe9, 0x62], "2:2"],
    ["UTF-16", [0xff, 0xfe, 0x2d, 0x00], "1:1"],
    ["a cut character", [0x2d, 0x2d, 0x2d, 0x0a, 0xe2, 0x82], "2:1"],
    ["an overlong slash", [0x2d, 0xc0, 0xaf], "1:2"],
    ["an encoded surrogate", [0xed, 0xa0, 0x80], "1:1"],
  ])("%s is not UTF-8, and the place is said", (_, bytes, place) => {
    expect(problem(new Uint8Array(bytes))).toEqual([`${place} file-not-utf8 The file is not UTF-8 from here on.`]);
  });
});
