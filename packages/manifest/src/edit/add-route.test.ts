import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addRoute, parseBottle, type AskedRoute } from "../index.ts";
import { designExample } from "../testing/bottle-file.ts";

const route: AskedRoute = { host: "new.example.com", methods: ["GET"], paths: ["/api/**"] };
const [block, flow] = [["- host: new.example.com", "  methods: [GET]", '  paths: ["/api/**"]'], '{ host: new.example.com, methods: [GET], paths: ["/api/**"] }'];
const at = (column: number): string => block.map((line) => `${" ".repeat(column)}${line}`).join("\n");

function added(yaml: string, wanted: AskedRoute = route): string {
  const text = `---\n${yaml}---\nText for people.\n`;
  const result = addRoute({ file: "bottles/dev.md", text }, wanted);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  expect(result.value).toMatch(/^---\n[^]*---\nText for people\.\n$/);
  return result.value.slice(4, -"---\nText for people.\n".length);
}

describe("a route goes in as the last one, in the style of the file", () => {
  test.each([
    ["no keys at all", "", `egress:\n  routes:\n${at(4)}\n`],
    ["only comments", "# mine\n", `# mine\negress:\n  routes:\n${at(4)}\n`],
    ["an empty map", "{}\n", `{ egress: { routes: [${flow}] } }\n`],
    ["no egress", "backend: auto  # any\nenv:\n  A: b\n", `backend: auto  # any\nenv:\n  A: b\negress:\n  routes:\n${at(4)}\n`],
    ["no egress, four spaces", "env:\n    A: b # c\n", `env:\n    A: b # c\negress:\n    routes:\n${at(8)}\n`],
    ["an empty egress", "egress: {}\n", `egress: { routes: [${flow}] }\n`],
    ["an empty egress with room", "egress: { }\n", `egress: { routes: [${flow}] }\n`],
    ["an egress without routes", "egress:\n  dlp: { engine: builtin }   # the default\nsupervise: true\n", `egress:\n  dlp: { engine: builtin }   # the default\n  routes:\n${at(4)}\nsupervise: true\n`],
    ["an egress without routes, in one line", "egress: { ca_files: [/a] } # x\n", `egress: { ca_files: [/a], routes: [${flow}] } # x\n`],
    ["no routes", "egress:\n  routes: []  # none yet\n", `egress:\n  routes: [${flow}]  # none yet\n`],
    ["one route", "egress:\n  routes:\n    - host: a.example.com # first\n", `egress:\n  routes:\n    - host: a.example.com # first\n${at(4)}\n`],
    ["a list at its key's column", "egress:\n  routes:\n  - host: a.example.com\nsupervise: true\n", `egress:\n  routes:\n  - host: a.example.com\n${at(2)}\nsupervise: true\n`],
    ["comments below the last", "egress:\n  routes:\n    - host: a.example.com\n      dlp: warn   # noisy\n    # - host: b.example.com\n\n  # hosts\n  hosts: {}\n",
      `egress:\n  routes:\n    - host: a.example.com\n      dlp: warn   # noisy\n${at(4)}\n    # - host: b.example.com\n\n  # hosts\n  hosts: {}\n`],
    ["a nested last value", "egress:\n  routes:\n    - host: a.example.com\n      auth:\n        scheme: bearer\n        token_ref: T\n", `egress:\n  routes:\n    - host: a.example.com\n      auth:\n        scheme: bearer\n        token_ref: T\n${at(4)}\n`],
    ["a list as the last value", "egress:\n  routes:\n    - host: a.example.com\n      methods:\n        - GET\n        - HEAD\n", `egress:\n  routes:\n    - host: a.example.com\n      methods:\n        - GET\n        - HEAD\n${at(4)}\n`],
    ["routes in braces", "egress:\n  routes:\n    - { host: a.example.com }\n", `egress:\n  routes:\n    - { host: a.example.com }\n    - ${flow}\n`],
    ["all in one line", "egress: { routes: [{ host: a.example.com }] }\n", `egress: { routes: [{ host: a.example.com }, ${flow}] }\n`],
    ["brackets on several lines", "egress:\n  routes: [\n    { host: a.example.com }, # a\n    { host: b.example.com }\n  ]\n", `egress:\n  routes: [\n    { host: a.example.com }, # a\n    { host: b.example.com },\n    ${flow}\n  ]\n`],
    ["brackets with a comma at the end", "egress:\n  routes: [\n    { host: a.example.com },\n  ]\n", `egress:\n  routes: [\n    { host: a.example.com },\n    ${flow},\n  ]\n`],
    ["JSON", '{"egress": {"routes": [{"host": "a.example.com"}]}}\n', `{"egress": {"routes": [{"host": "a.example.com"}, ${flow}]}}\n`],
    ["keys in quotes", '"egress":\n  "routes":\n    - "host": a.example.com\n', `"egress":\n  "routes":\n    - "host": a.example.com\n${at(4)}\n`],
    ["a value over two lines", "egress:\n  routes:\n    - host: >-\n        a.example.com\nsupervise: true\n", `egress:\n  routes:\n    - host: >-\n        a.example.com\n${at(4)}\nsupervise: true\n`],
    ["blank lines at the end", "egress:\n  routes:\n    - host: a.example.com\n\n\n", `egress:\n  routes:\n    - host: a.example.com\n${at(4)}\n\n\n`],
  ])("%s", (_, yaml, expected) => {
    expect(added(yaml)).toBe(expected);
  });

  test("lines that end with CR LF, and a byte order mark, stay so", () => {
    const text = "\ufeff---\r\negress:\r\n  routes:\r\n    - host: a.example.com\r\n---\r\n";
    expect(addRoute({ file: "b/dev.md", text }, { host: "b.example.com" })).toEqual({ ok: true, value: text.replace("a.example.com\r\n", "a.example.com\r\n    - host: b.example.com\r\n") });
  });

  test("the design's example keeps every byte", () => {
    const result = addRoute({ file: "bottles/dev.md", text: designExample }, route);
    expect(result).toEqual({ ok: true, value: designExample.replace("# block (default) | warn | off\n  dlp", `# block (default) | warn | off\n${at(4)}\n  dlp`) });
  });
});

test.each<AskedRoute>([
  { host: "*.example.com" }, { host: "10.0.0.1", ports: [8443, 443] }, { host: "::1", paths: ["/a:b", "/", "/a,b", "/[x]", "/'", "/null", "/-", "/a&b*c"] },
  { host: "xn--bcher-kva.example", methods: ["NULL", "TRUE", "NO", "GET"] }, { host: "1e3.example" }, { host: "null.example", paths: ["/**"] },
])("%j is written so that it is read as itself, in each style", (wanted) => {
  for (const yaml of ["", "egress: { routes: [] }\n", "egress:\n  routes:\n    - host: a.example.com\n"]) {
    const parsed = parseBottle({ file: "bottles/dev.md", text: `---\n${added(yaml, wanted)}---\n` });
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && parsed.value.egress.routes.at(-1)).toEqual(wanted);
  }
});

test("a route that is there already changes nothing", () => {
  const text = `---\negress: { routes: [${flow}] }\n---\n`;
  expect(addRoute({ file: "b/dev.md", text }, { paths: ["/api/**"], methods: ["GET"], host: "new.example.com" })).toEqual({ ok: true, value: text });
});

test("a route that adds to what a narrower or wider one allows goes in beside it", () => {
  expect(added("egress: { routes: [{ host: new.example.com, dlp: off }] }\n")).toBe(`egress: { routes: [{ host: new.example.com, dlp: off }, ${flow}] }\n`);
});

test("a file that cannot be used is not added to: its problems are told", () => {
  expect(addRoute({ file: "b/dev.md", text: "---\negress:\n  routes:\n---\n" }, route)).toMatchObject({ ok: false, problems: [{ code: "value-empty", line: 3 }] });
  expect(addRoute({ file: "b/dev.md", text: "egress: {}\n" }, route)).toMatchObject({ ok: false, problems: [{ code: "frontmatter-missing" }] });
});

test("a layout it does not know is left alone, with the lines to add by hand", () => {
  expect(addRoute({ file: "b/dev.md", text: "---\n? egress\n: routes:\n    - host: a.example.com\n? supervise\n: true\n---\n" }, route)).toMatchObject({ ok: true });
  const result = addRoute({ file: "b/dev.md", text: "---\n? backend\n: auto\n---\n" }, route);
  expect(result).toMatchObject({ ok: false, problems: [{ code: "layout-unknown", mend: `Add this by hand:\negress:\n  routes:\n${at(4)}` }] });
});

test("whatever file it is, what comes out is what was there with one insertion, and means one route more", () => {
  const key = fc.constantFrom("backend: auto", "supervise: true # s", "# egress:", "", "env: { A: b }", "egress:\n  routes:\n    - host: a.example.com\n    # c", "egress: { dlp: { engine: builtin } }", "egress:\n  hosts: {}\n\n", "workspace: >-\n  none\n\n", "git: []");
  fc.assert(fc.property(fc.uniqueArray(key, { maxLength: 5, selector: (each) => each.split(":")[0] }), fc.constantFrom("\n", "\r\n"), (keys, lineEnd) => {
    const text = ["---", ...keys, "---", ""].join("\n").replaceAll("\n", lineEnd);
    const before = parseBottle({ file: "b/dev.md", text });
    fc.pre(before.ok);
    const result = addRoute({ file: "b/dev.md", text }, route);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const head = [...text].findIndex((character, index) => result.value[index] !== character);
    const grown = result.value.length - text.length;
    expect(result.value.slice(0, head) + result.value.slice(head + grown)).toBe(text);
    expect(parseBottle({ file: "b/dev.md", text: result.value })).toMatchObject({ ok: true });
  }), { numRuns: 300 });
});
