import { expect, test } from "vitest";
import { readCapabilityInput, readNothing, readPushInput, readRouteInput } from "./read-input.ts";

const justification = "The tests need it.";
const route = (given: object): unknown => readRouteInput("egress", { host: "api.example.com", justification, ...given });
const fault = (given: object): string => {
  const read = route(given) as { readonly fault?: string };
  return read.fault ?? "none";
};

test("what is not said is asked for as little as it can be: port 443, GET and HEAD", () => {
  expect(route({})).toEqual({ input: { ask: { kind: "egress", route: { host: "api.example.com", ports: [443], methods: ["GET", "HEAD"] } }, justification } });
  expect(route({ port: 8443, method: "POST", path: "/a/*" })).toMatchObject({ input: { ask: { route: { ports: [8443], methods: ["POST"], paths: ["/a/*"] } } } });
});

test.each([
  [{ host: "*" }, "every host at once"], [{ host: "**" }, "every host at once"], [{ host: "*.*" }, "every host at once"], [{ host: "" }, "every host at once"], [{ host: "*.com" }, "every domain under .com"],
  [{ host: "https://u:p@api.example.com/x" }, "is more than a host"], [{ host: "API.example.com" }, "capital letters"], [{ host: "a\u202e.test" }, "beyond ASCII"], [{ host: "_egress.local" }, "own name inside"],
  [{ host: "0x7f.1" }, "not in canonical form"], [{ port: 0 }, "port: "], [{ port: "443" }, "port: "], [{ port: 1.5 }, "port: "], [{ method: "*" }, "is not a method"], [{ method: "CONNECT" }, "never passes"], [{ method: "get" }, "is not a method"],
  [{ path: "x" }, "does not start with /"], [{ path: "/a?b=c" }, "has a query"], [{ path: "/../x" }, "segment"], [{ path: ["/a"] }, "path: "], [{ methods: ["GET"] }, "methods: "], [{ auth: { token: "x" } }, "auth: "], [{ dlp: "off" }, "dlp: "],
  [{ justification: "" }, "it says nothing"], [{ justification: "\u200b\n\u202e" }, "it says nothing"], [{ justification: "x".repeat(2001) }, "longer than 2000"], [{ justification: undefined }, "justification: "],
])("%j is refused in a sentence", (given, sentence) => {
  expect(fault(given)).toContain(sentence);
  expect(fault(given)).toMatch(/^[^\u0000-\u001f\u202e]{1,1100}$/u);
});

test.each([undefined, null, [], "x", 1, { __proto__: null }, JSON.parse("{\"__proto__\":{\"host\":\"a.test\"},\"justification\":\"x\"}") as unknown])("%j is not what a tool is given", (given) => {
  expect(readRouteInput("egress", given)).toHaveProperty("fault");
  expect(readCapabilityInput(given)).toHaveProperty("fault");
  expect(readPushInput(given)).toHaveProperty("fault");
});

test("a tool that is given nothing is given nothing", () => {
  expect(readNothing(undefined)).toEqual({ input: {} });
  expect(readNothing({ x: 1 })).toHaveProperty("fault");
});

test("a Dockerfile is one, and shows all that it does", () => {
  expect(readCapabilityInput({ dockerfile: "# syntax\nFROM node:24\n\tRUN x\n", justification })).toHaveProperty("input");
  expect(readCapabilityInput({ dockerfile: "RUN x\n", justification })).toMatchObject({ fault: expect.stringContaining("no line that begins with FROM") });
  expect(readCapabilityInput({ dockerfile: "FROM a\nRUN safe #\u202e evil\n", justification })).toEqual({ fault: "dockerfile: line 2 has a character that cannot be seen: write it in another way" });
  expect(readCapabilityInput({ dockerfile: `FROM a\n${"x".repeat(65_536)}`, justification })).toMatchObject({ fault: expect.stringContaining("longer than 65536") });
});

test("a push is named by an id alone", () => {
  expect(readPushInput({ push: "h-1a2b", justification })).toEqual({ input: { push: "h-1a2b", justification } });
  expect(readPushInput({ push: "a b", justification })).toHaveProperty("fault");
});
