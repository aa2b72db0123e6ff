import fc from "fast-check";
import { expect, test } from "vitest";
import { formatProblems } from "@bottle/standalone";
import { parseConfig } from "./parse-config.ts";
import { shown } from "./read-config.ts";

const words = ["listen", "ca_directory", "routes", "host", "auth", "tokens", "env", "127.0.0.1:1", "a.test", "*", "*.a.test", "deny", "true", "null", "[", "]", "{", "}", ":", ",", "- ", "\n", "\n  ",
  "\n    - ", "&a", "*a", "!!x", "\"", "'", "|", ">", "#", "?", "%", "\t", "\u202e", "\u0000", "\ud800", "é", "0x10", "1e99", "-0", "<<", "__proto__"];
const yamlish = fc.oneof(fc.string({ unit: "binary" }), fc.array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 40 }).map((parts) => parts.join("")));

test("whatever a file holds, it is read or its faults are placed in it, and nothing of it moves the terminal", () => {
  fc.assert(fc.property(yamlish, (text) => {
    const parsed = parseConfig(text, { file: "e", folder: "/" });
    if (parsed.ok) return;
    const lines = text.split("\n");
    expect(parsed.problems.length).toBeGreaterThan(0);
    for (const { line, column } of parsed.problems) {
      expect(lines.length).toBeGreaterThanOrEqual(line);
      expect(Array.from(lines[line - 1] ?? "").length + 1).toBeGreaterThanOrEqual(column);
    }
    expect(formatProblems(parsed.problems, text, shown)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/u);
  }), { numRuns: 1_500 });
});

test("ten thousand routes are read in seconds, and deep nesting is refused", () => {
  const routes = Array.from({ length: 10_000 }, (_, at) => `  - { host: h${at}.example.com, methods: [GET], paths: ["/a/**"] }`).join("\n");
  const startedAt = performance.now();
  expect(parseConfig(`listen: 127.0.0.1:1\nca_directory: ca\nroutes:\n${routes}\n`, { file: "e", folder: "/" }).ok).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(parseConfig(`listen: ${"[".repeat(5_000)}`, { file: "e", folder: "/" }).ok).toBe(false);
});
