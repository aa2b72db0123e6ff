import { expect, test } from "vitest";
import { parseRouteText, routeLines, type AskedRoute } from "../index.ts";

const problems = (text: string): readonly string[] => {
  const parsed = parseRouteText({ file: "route.yaml", text });
  return parsed.ok ? [] : parsed.problems.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`);
};

test.each<AskedRoute>([{ host: "api.example.com" }, { host: "*.example.com", ports: [8443], methods: ["GET", "PUT"], paths: ["/a/**", "/b"] }])("%j is read as it was written", (route) => {
  expect(parseRouteText({ file: "route.yaml", text: `# comment\n${routeLines(route).join("\n")}\n` })).toEqual({ ok: true, value: route });
});

test.each([
  ["a slip", "hosst: a.example.com", "1:1 key-unknown"],
  ["no host", "methods: [GET]", "1:1 key-missing `host` is missing."],
  ["a credential", "host: a.example.com\nauth: { scheme: bearer, token_ref: T }", "2:1 key-unknown"],
  ["less of a scan", "host: a.example.com\ndlp: off", "2:1 key-unknown"],
  ["a passthrough", "host: a.example.com\npassthrough: true", "2:1 key-unknown"],
  ["every host", 'host: "*"', "1:7 value-invalid `host` cannot be \"*\""],
  ["a path without a slash", "host: a.example.com\npaths: [a]", "2:9 path-invalid \"a\" does not start with /."],
  ["no method", "host: a.example.com\nmethods: []", "2:10 value-empty"],
  ["an alias", "host: *a", "1:7 yaml-"],
  ["nothing", "# all gone\n", "1:1 route-empty There is no route here."],
  ["a list", "- host: a.example.com", "1:1 route-empty"],
  ["half a character", "host: \ud800", "1:1 route-unreadable"],
])("%s is refused at its place", (_, text, problem) => {
  expect(problems(text)).toEqual([expect.stringContaining(problem)]);
});

test("a text of any length is answered at once", () => {
  expect(problems("a".repeat(1_000_000))).toEqual([expect.stringContaining("route-unreadable")]);
});
