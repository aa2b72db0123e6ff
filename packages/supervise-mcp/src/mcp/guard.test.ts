import { expect, test } from "vitest";
import { greeting, guard } from "./guard.ts";
import { parseMessage } from "./read-message.ts";

const head = (method: string, url: string, headers: Readonly<Record<string, string[]>> = {}): ReturnType<typeof guard> => guard({ method, url, headers: { host: ["supervise:9100"], ...headers } });

test.each(["supervise", "supervise:9100", "localhost:1", "127.0.0.1:9100", "[::1]:9100", "SUPERVISE:9100"])("it is called %s inside", (host) => {
  expect(head("POST", "/mcp", { host: [host], origin: [`http://${host}`] })).toBeUndefined();
});

test.each([
  [], [""], ["evil.test"], ["127.0.0.1.evil.test"], ["supervise.evil.test"], ["evil.test:9100"], ["supervise:9100@evil.test"], ["supervise:999999"], ["[::1"], ["127.0.0.2"], ["supervise", "supervise"],
])("a name that somebody rebound is refused: %s", (...host) => {
  expect(head("POST", "/mcp", { host })).toMatchObject({ status: 403 });
});

test.each(["null", "http://evil.test", "https://supervise.evil.test", "http://supervise:9100/path", "file://", "http://localhost@evil.test"])("a page of %s cannot ask", (origin) => {
  expect(head("POST", "/mcp", { origin: [origin] })).toMatchObject({ status: 403 });
});

test.each([["GET", "/"], ["POST", "/"], ["GET", "/mcp/"], ["POST", "/mcp?x"], ["POST", "//mcp"], ["POST", "/MCP"], ["POST", "/../mcp"], ["POST", "http://supervise/mcp"], ["DELETE", "/queue"]])("%s %s is nobody's, and says whose door this is", (method, url) => {
  expect(head(method, url)).toEqual({ status: 404, text: "This is bottle's supervise: MCP is at /mcp" });
  expect(greeting).toContain("supervise");
});

test.each(["GET", "PUT", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW"])("%s is not how MCP is spoken", (method) => {
  expect(head(method, "/mcp")).toMatchObject({ status: 405, headers: { allow: "POST, DELETE" } });
});

test("a body that is packed is not unpacked", () => {
  expect(head("POST", "/mcp", { "content-encoding": ["gzip"] })).toMatchObject({ status: 415 });
});

test.each([
  "", "x", "{", "[]", "[{}]", "null", "1", "\"a\"", "{}{}", "{\"a\":1",
])("%j is not a message", (text) => {
  expect(parseMessage(Buffer.from(text))).toMatchObject({ status: 400 });
});

test("what is no UTF-8, or too deep, is not a message either, and brackets within texts are no depth", () => {
  expect(parseMessage(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toMatchObject({ status: 400 });
  expect(parseMessage(Buffer.from(`{"a":${"[".repeat(200_000)}`))).toMatchObject({ status: 400, text: "A message is at most 32 levels deep." });
  expect(parseMessage(Buffer.from(`{"a":${"[".repeat(31)}${"]".repeat(31)}}`))).toHaveProperty("message");
  expect(parseMessage(Buffer.from(`{"a":"\\"${"[".repeat(500)}"}`))).toHaveProperty("message");
});
