import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePlaceholders } from "./compile-placeholders.ts";
import { bodyText, replaceStream } from "./replace-body.ts";
import { replaceInHeaders, replaceInPath, replaceInQuery } from "./replace-head.ts";

const text = "bottle-AbCdEfGhIjKlMnOpQrStUvWxYz.12345";
const placeholder = compilePlaceholders({ T: text }).get("T")!;
const value = "real$&secret/0123";
const base64 = (plain: string): string => Buffer.from(plain).toString("base64");

test("the value stands wherever the placeholder stood in headers, and the agent's own credentials and shaping headers are gone", () => {
  const sent = ["Authorization", `Bearer ${text}`, "authorization", "Bearer mine", "X-Api-Key", text, "x_api_key", "mine", "Private-Token", "mine", "Cookie", `a=${text}; b=${text}`,
    "Range", `bytes=${text}`, "Accept-Encoding", "gzip", "X-Other", "kept", "Proxy-Authorization", text];
  expect(replaceInHeaders(sent, placeholder, value)).toEqual(["Authorization", `Bearer ${value}`, "X-Api-Key", value, "Cookie", `a=${value}; b=${value}`, "X-Other", "kept", "Accept-Encoding", "identity"]);
});

test.each([
  [`Basic ${base64(`${text}:`)}`, `Basic ${base64(`${value}:`)}`], [`basic  ${base64(`user:${text}`)}`, `basic  ${base64(`user:${value}`)}`],
  [`Basic ${base64(`${text}:${text}`).replaceAll("=", "")}`, `Basic ${base64(`${value}:${value}`)}`], [`Basic ${base64(`\u00fc:${text}`)}`, `Basic ${base64(`\u00fc:${value}`)}`],
])("within Basic credentials the value is encoded: %s", (sent, put) => {
  expect(replaceInHeaders(["Authorization", sent], placeholder, value).slice(0, 2)).toEqual(["Authorization", put]);
});

test.each([
  [`/bot${text}/send`, "a:b", "/bota:b/send"], [`/${text}`, "a/b?c#d;e%f\\g h", "/a%2Fb%3Fc%23d%3Be%25f%5Cg%20h"], [`/${text}`, "$&$1", "/$&$1"],
  [`/%62ottle%2DAbCdEfGhIjKlMnOpQrStUvWxYz%2e12345`, "v", "/v"], [`/${text.toLowerCase()}`, "v", `/${text.toLowerCase()}`],
])("in the path %s the value is the text of a segment", (path, put, expected) => expect(replaceInPath(path, placeholder, put)).toBe(expected));

test("in a query the value is one parameter's text", () => {
  expect(replaceInQuery(`?a=${text}&b=${text.replace(".", "%2E")}`, placeholder, "x&y=z+ #")).toBe("?a=x%26y%3Dz%2B%20%23&b=x%26y%3Dz%2B%20%23");
});

test.each([
  ["application/json", "a\\\"b<'", "a\\\\\\\"b<'"], ["Application/Vnd.x+JSON; charset=utf-8", "\"", "\\\""], ["application/x-www-form-urlencoded", "a b&c=d", "a+b%26c%3Dd"],
  ["text/xml", "<&>\"'", "&lt;&amp;&gt;&quot;&#39;"], ["application/soap+xml", "<", "&lt;"], ["text/html", "<", "&lt;"], ["text/plain", "<&", "<&"], ["multipart/form-data; boundary=x", "<&", "<&"],
  ["application/octet-stream", "x", undefined], ["application/grpc", "x", undefined], ["application/jsonx", "x", undefined], ["", "x", undefined],
])("in a body of type %j the value %j is written as %j", (type, given, put) => expect(bodyText(type, given)).toBe(put));

test("a body is replaced wherever it is cut, and nothing else is changed", async () => {
  const parts = fc.array(fc.constantFrom(text, text.slice(0, 10), text.slice(0, -1), text.slice(3), "b", "\r\n", "anything else"), { maxLength: 12 });
  await fc.assert(fc.asyncProperty(parts, fc.array(fc.nat(300), { maxLength: 10 }), async (words, cuts) => {
    const body = Buffer.from(words.join(""));
    const at = [0, ...cuts.filter((cut) => cut < body.length).sort((a, b) => a - b), body.length];
    const stream = replaceStream(text, value);
    const read = stream.toArray();
    for (const [index, end] of at.slice(1).entries()) stream.write(body.subarray(at[index], end));
    stream.end();
    expect(Buffer.concat(await read as Buffer[]).toString()).toBe(words.join("").replaceAll(text, () => value));
  }), { numRuns: 200 });
});

test("what cannot go on to a placeholder does not wait", () => {
  const stream = replaceStream(text, value);
  stream.write("hello bott");
  expect(String(stream.read())).toBe("hello ");
  stream.write("om");
  expect(String(stream.read())).toBe("bottom");
  stream.destroy();
});
