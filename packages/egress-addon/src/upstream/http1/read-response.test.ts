import fc from "fast-check";
import { expect, test } from "vitest";
import type { ResponseHead } from "./parse-head.ts";
import { createResponseReader } from "./read-response.ts";

/** What a reader told, in one text: heads by status, content joined, ends with their trailers, and how the connection was left. */
function read(parts: readonly Buffer[], options: { readonly isToHead?: boolean; readonly isEnded?: boolean; readonly answers?: number } = {}): readonly string[] {
  const told: string[] = [];
  let left = options.answers ?? 1;
  const next = (): void => {
    if (left === 0) return;
    left -= 1;
    reader.expect(options.isToHead ?? false);
  };
  const reader = createResponseReader({
    head: ({ status, framing }: ResponseHead) => void told.push(`head ${status} ${framing.kind}`),
    data(chunk) {
      const text = chunk.toString("latin1");
      if (told.at(-1)?.startsWith("data ")) told.push(`${told.pop() ?? ""}${text}`);
      else told.push(`data ${text}`);
    },
    end(trailers, isClean) {
      told.push(`end ${trailers.join("|")}`);
      if (isClean) next();
    },
  });
  next();
  if (!parts.every((part) => reader.push(part))) return [...told, "broken"];
  return options.isEnded === true ? [...told, reader.finish() ? "whole" : "cut off"] : told;
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const singles = (whole: Buffer): readonly Buffer[] => Array.from(whole, (_, at) => whole.subarray(at, at + 1));
const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const fixed = (length: number): string => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;

test.each<[string, string, readonly string[]]>([
  ["a length", `${fixed(3)}abc`, ["head 200 length", "data abc", "end "]],
  ["a length of zero", fixed(0), ["head 200 length", "end "]],
  ["a length, not all of it there", `${fixed(4)}abc`, ["head 200 length", "data abc"]],
  ["chunks", `${chunked}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`, ["head 200 chunked", "data abcde", "end "]],
  ["chunks with lengths in hex of both cases", `${chunked}A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n`, ["head 200 chunked", "data 01234567890123456789", "end "]],
  ["a length with zeros in front", `${chunked}0003\r\nabc\r\n000\r\n\r\n`, ["head 200 chunked", "data abc", "end "]],
  ["extensions, which are dropped", `${chunked}3;a=b;c="d\xe9"\r\nabc\r\n0;e\r\n\r\n`, ["head 200 chunked", "data abc", "end "]],
  ["trailers", `${chunked}0\r\nX-T: a\r\nX-T:b \r\n\r\n`, ["head 200 chunked", "end X-T|a|X-T|b"]],
  ["content that looks like chunks", `${chunked}5\r\n0\r\n\r\n\r\n0\r\n\r\n`, ["head 200 chunked", "data 0\r\n\r\n", "end "]],
  ["what comes until the end", "HTTP/1.1 200 OK\r\n\r\nabc\r\n\r\n", ["head 200 until-close", "data abc\r\n\r\n"]],
  ["informational answers first", `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n${fixed(0)}`, ["head 200 length", "end "]],
  ["a 204", "HTTP/1.1 204 No Content\r\n\r\n", ["head 204 none", "end "]],
  ["a 304 with a length", "HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n", ["head 304 none", "end "]],
])("%s: read as RFC 9112 says, at once or byte by byte", (_, text, expected) => {
  expect(read([bytes(text)])).toEqual(expected);
  expect(read(singles(bytes(text)))).toEqual(expected);
});

test.each<[string, string]>([
  ["a sign", "+3\r\nabc\r\n"], ["a minus", "-3\r\nabc\r\n"], ["0x", "0x3\r\nabc\r\n"], ["a space in front", " 3\r\nabc\r\n"], ["a space behind", "3 \r\nabc\r\n"],
  ["a tab behind", "3\t\r\nabc\r\n"], ["an underscore", "1_0\r\nabc\r\n"], ["no length", "\r\nabc\r\n"], ["an extension alone", ";a\r\nabc\r\n"],
  ["a letter that is no digit", "g\r\nabc\r\n"], ["a length that counts beyond 2^53", "20000000000000\r\nabc\r\n"], ["an overflow of 64 bits", "10000000000000003\r\nabc\r\n"],
  ["zeros without end", `${"0".repeat(14)}\r\n\r\n`], ["a bare LF after the length", "3\nabc\r\n0\r\n\r\n"], ["a bare LF after the content", "3\r\nabc\n0\r\n\r\n"],
  ["a bare CR in a line", "3\rx\r\nabc\r\n"], ["a bare LF in an extension", "3;a\nb\r\nabc\r\n"], ["a NUL in an extension", "3;\0\r\nabc\r\n"],
  ["content longer than it says", "3\r\nabcd\r\n0\r\n\r\n"], ["content shorter than it says", "4\r\nabc\r\n0\r\n\r\n"], ["a second CR LF after the content", "3\r\nabc\r\n\r\n0\r\n\r\n"],
  ["a blank before an extension", "3 ;a\r\nabc\r\n"], ["an empty extension", "3;\r\nabc\r\n"], ["an extension without a name", "3;=a\r\nabc\r\n"],
  ["an extension without a value", "3;a=\r\nabc\r\n"], ["an extension that opens quotes", "3;a=\"b\r\nabc\r\n"], ["an extension that opens quotes over the line's end", "3;a=\"b\r\n\"\r\nabc\r\n"],
  ["quotes in a name", "3;\"a\"\r\nabc\r\n"], ["a comma between two lengths", "3,3\r\nabc\r\n"], ["a line of 4097 bytes", `3;${"x".repeat(4_095)}\r\nabc\r\n`], ["a line without end", "3;".padEnd(5_000, "x")],
  ["a folded trailer", "0\r\nX-T: a\r\n b\r\n\r\n"], ["a trailer with a blank before its colon", "0\r\nX-T : a\r\n\r\n"], ["a bare LF in the trailers", "0\r\nX-T: a\nX-U: b\r\n\r\n"],
  ["a bare CR in the trailers", "0\r\nX-T: a\rX-U: b\r\n\r\n"], ["a line that is no trailer", "0\r\nabc\r\n\r\n"], ["trailers over 64 KiB", `0\r\n${"X-T: a\r\n".repeat(9_000)}\r\n`],
  ["trailers over 64 KiB without end", `0\r\n${"X-T: a\r\n".repeat(9_000)}`],
])("chunks with %s break the connection, at once or byte by byte, and are never whole", (_, rest) => {
  for (const told of [read([bytes(chunked + rest)]), read(singles(bytes(chunked + rest)))]) {
    expect(told.at(-1)).toBe("broken");
    expect(told.filter((one) => one.startsWith("end"))).toEqual([]);
  }
});

test.each<[string, string]>([
  ["no HTTP", "SSH-2.0-OpenSSH_9\r\n\r\n"],
  ["an empty line first", `\r\n${fixed(0)}`],
  ["a bare LF throughout", "HTTP/1.1 200 OK\nContent-Length: 0\n\n\r\n\r\n"],
  ["bare LFs at the end of the head", "HTTP/1.1 200 OK\r\nContent-Length: 0\n\n\r\n\r\n"],
  ["a length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["another protocol, which nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"],
  ["status 099", "HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n"],
  ["informational answers without end", "HTTP/1.1 100 Continue\r\n\r\n".repeat(33)],
  ["an informational answer with a length", `HTTP/1.1 100 X\r\nContent-Length: 3\r\n\r\nabc${fixed(0)}`],
  ["a head over 64 KiB", `HTTP/1.1 200 OK\r\nX-A: ${"x".repeat(65_536)}\r\n\r\n`],
  ["a head over 64 KiB without end", `HTTP/1.1 200 OK\r\nX-A: ${"x".repeat(65_536)}`],
])("%s: no answer, at once or byte by byte", (_, text) => {
  for (const parts of [[bytes(text)], singles(bytes(text))]) expect(read(parts)).toEqual(["broken"]);
});

test.each<[string, string, boolean]>([
  ["content after a HEAD's answer", `${fixed(3)}abc`, true],
  ["content after a 204", "HTTP/1.1 204 X\r\n\r\nabc", false],
  ["content after a 304", "HTTP/1.1 304 X\r\nContent-Length: 3\r\n\r\nabc", false],
  ["more content than its length", `${fixed(3)}abcd`, false],
  ["an answer that nobody asked for", `${fixed(0)}${fixed(0)}`, false],
  ["a blank line after the end", `${fixed(0)}\r\n`, false],
  ["bytes after the last chunk", `${chunked}0\r\n\r\nx`, false],
])("%s ends the use of the connection, in the same segment or in the next", (_, text, isToHead) => {
  const at = read([bytes(text)], { isToHead });
  expect(at.filter((one) => one.startsWith("end"))).toHaveLength(1);
  expect(at.at(-1)).toBe("broken");
  expect(read(singles(bytes(text)), { isToHead })).toEqual(at);
});

test("bytes before a request are no answer to it", () => {
  expect(read([bytes(fixed(0))], { answers: 0 })).toEqual(["broken"]);
});

test.each<[string, string, string]>([
  ["until the end", "HTTP/1.1 200 OK\r\n\r\nabc", "whole"],
  ["in half a head", "HTTP/1.1 200 OK\r\nX-A", "cut off"],
  ["in half of its content", `${fixed(4)}abc`, "cut off"],
  ["in half a chunk", `${chunked}4\r\nabc`, "cut off"],
  ["between chunks", `${chunked}3\r\nabc\r\n`, "cut off"],
  ["before the trailers' end", `${chunked}0\r\nX-T: a\r\n`, "cut off"],
  ["before the last CR LF", `${chunked}0\r\n`, "cut off"],
  ["after it", `${chunked}0\r\n\r\n`, "whole"],
  ["with nothing", "", "cut off"],
])("a connection that ends %s", (_, text, expected) => {
  expect(read([bytes(text)], { isEnded: true }).at(-1)).toBe(expected);
});

const piece = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(fixed(3), fixed(0), chunked, "HTTP/1.1 204 X\r\n\r\n", "HTTP/1.1 100 X\r\n\r\n", "abc", "3\r\nabc\r\n", "0\r\n\r\n", "0\r\nX-T: a\r\n\r\n", "a;x\r\n", "\r\n", "\r", "\n", "\0", "5", "HTTP/1.1 200 OK\r\n",
    "Content-Length: 2\r\n", "Transfer-Encoding: chunked\r\n", "X-A: b\r\n", "X-A: b\n", " c\r\n") },
  fc.string({ unit: "binary", maxLength: 20 }),
);
const stream = fc.array(piece, { maxLength: 12 }).map((parts) => bytes(parts.join("")));

test("the same bytes tell the same however they are cut", () => {
  fc.assert(fc.property(stream, fc.array(fc.nat(200), { maxLength: 8 }), fc.boolean(), (whole, places, isToHead) => {
    const at = [0, ...places.map((place) => Math.min(place, whole.length)).sort((a, b) => a - b), whole.length];
    const parts = at.slice(1).map((end, index) => whole.subarray(at[index], end)).filter(({ length }) => length > 0);
    const expected = read([whole], { isToHead, isEnded: true });
    expect(read(parts, { isToHead, isEnded: true })).toEqual(expected);
    expect(read(singles(whole), { isToHead, isEnded: true })).toEqual(expected);
  }), { numRuns: 3_000 });
});

test("no bytes throw, and what is told as content was in them", () => {
  fc.assert(fc.property(fc.oneof(stream, fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))), fc.nat(4), (whole, answers) => {
    const told = read([whole], { answers, isEnded: true });
    const content = told.filter((one) => one.startsWith("data ")).map((one) => one.slice(5)).join("");
    expect(content.length).toBeLessThanOrEqual(whole.length);
    expect(told.filter((one) => one.startsWith("head ")).length).toBeLessThanOrEqual(answers);
    if (answers === 0 && whole.length > 0) expect(told).toEqual(["broken"]);
  }), { numRuns: 3_000 });
});

test("what was told as content stays as it is while more comes", () => {
  const chunks: Buffer[] = [];
  const reader = createResponseReader({ head: () => {}, data: (chunk) => void chunks.push(chunk), end: () => {} });
  reader.expect(false);
  const text = `${chunked}${Array.from({ length: 50 }, (_, at) => `3;${"x".repeat(at + 1)}\r\n${String(at).padStart(3, "0")}\r\n`).join("")}0\r\n\r\n`;
  for (let at = 0; at < text.length; at += 7) expect(reader.push(bytes(text.slice(at, at + 7)))).toBe(true);
  expect(String(Buffer.concat(chunks))).toBe(Array.from({ length: 50 }, (_, at) => String(at).padStart(3, "0")).join(""));
});

test("heads, trailers and chunk lines that come byte by byte cost no more than their length", () => {
  const head = bytes(`HTTP/1.1 200 OK\r\nX-A: ${"x".repeat(65_000)}\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const lines = bytes(`3;${"x".repeat(4_000)}\r\nabc\r\n`.repeat(40));
  const trailers = bytes(`0\r\nX-T: ${"x".repeat(65_000)}\r\n\r\n`);
  const startedAt = process.threadCpuUsage();
  expect(read([...singles(head), ...singles(lines), ...singles(trailers)]).filter((one) => one.startsWith("end"))).toHaveLength(1);
  expect(process.threadCpuUsage(startedAt).user / 1_000).toBeLessThan(5_000);
});
