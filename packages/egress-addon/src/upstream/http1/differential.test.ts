import { request } from "node:http";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createResponseReader } from "./read-response.ts";

// Node's own client reads answers by llhttp. Whatever is whole here has to be whole there, with the same status, content and trailers.
const refused = "refused";

async function byNode(bytes: Buffer, isToHead: boolean): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let isAsked = false;
  const wire = new Duplex({ read: () => undefined, write(_chunk, _encoding, done) {
    if (!isAsked) setImmediate(() => {
      wire.push(bytes);
      wire.push(null);
    });
    isAsked = true;
    done();
  } });
  const asked = request({ createConnection: () => wire, method: isToHead ? "HEAD" : "GET", host: "a.test" });
  asked.on("error", () => resolve(refused)).on("upgrade", () => resolve(refused)).on("close", () => resolve(refused)).on("response", (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => void chunks.push(chunk)).on("error", () => resolve(refused)).on("end", () => {
      resolve(response.complete ? [response.statusCode, Buffer.concat(chunks).toString("latin1"), ...response.rawTrailers].join("|") : refused);
    });
  });
  asked.end();
  const outcome = await promise;
  asked.destroy();
  wire.destroy();
  return outcome;
}

// What comes after the answer ends the connection, and is no part of it.
function byUs(bytes: Buffer, isToHead: boolean): { readonly outcome: string; readonly length: number } {
  let outcome = refused;
  let status = 0;
  let content = "";
  const reader = createResponseReader({
    head: (head) => void (status = head.status),
    data: (chunk) => void (content += chunk.toString("latin1")),
    end: (trailers) => void (outcome = [status, content, ...trailers].join("|")),
  });
  reader.expect(isToHead);
  for (let at = 0; at < bytes.length; at += 1) {
    if (!reader.push(bytes.subarray(at, at + 1))) return { outcome, length: at + 1 };
    if (outcome !== refused) return { outcome, length: at + 1 };
  }
  reader.finish();
  return { outcome, length: bytes.length };
}

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

test.each<[string, string, string]>([
  ["another transfer coding before chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "200|abc"],
  ["another transfer coding alone", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc", "200|abc"],
  ["chunks in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "200|abc"],
  ["a 204 with a length", "HTTP/1.1 204 X\r\nContent-Length: 3\r\n\r\n", "204|"],
  ["an informational answer with a length", "HTTP/1.1 100 X\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "200|abc"],
  ["an empty line first", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "200|abc"],
  ["status 099", "HTTP/1.1 099 X\r\nContent-Length: 3\r\n\r\nabc", "99|abc"],
  ["33 informational answers", `${"HTTP/1.1 100 X\r\n\r\n".repeat(33)}HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc`, "200|abc"],
  ["a chunk's length of more than 13 digits", `${chunked}${"0".repeat(13)}3\r\nabc\r\n0\r\n\r\n`, "200|abc"],
])("%s: Node takes it, we do not", async (_, text, node) => {
  expect(await byNode(Buffer.from(text, "latin1"), false)).toBe(node);
  expect(byUs(Buffer.from(text, "latin1"), false).outcome).toBe(refused);
});

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n", "HTTP/1.0 200 OK\r\n", "HTTP/1.1 204 X\r\n\r\n", "HTTP/1.1 304 X\r\n", "HTTP/1.1 100 X\r\n\r\n", "HTTP/1.1 200\r\n", "HTTP/1.1 200 OK\n", "Content-Length: 3\r\n", "Content-Length: 3\r\n",
    "Content-Length: 3,3\r\n", "Content-Length: +3\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding:\tchunked \r\n",
    "Connection: close\r\n", "X-A: b\r\n", "X-A: b\n", "X-A: \x01\r\n", " folded\r\n", "\r\n", "\r\n", "\r\n\r\n", "\n", "\r", "abc", "3\r\nabc\r\n", "3;a=b\r\nabc\r\n", "3;a=\"b\r\nabc\r\n", "3\nabc\r\n", " 3\r\nabc\r\n", "0x3\r\nabc\r\n", "0\r\n\r\n", "0\r\n\r\n",
    "0\r\nX-T: a\r\n\r\n", "0\r\nX-T : a\r\n\r\n", "0;a\r\n\r\n") },
  fc.string({ unit: "binary", maxLength: 6 }),
);
const head = fc.constantFrom("", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", chunked);

test("what is a whole answer to us is the same answer to Node", async () => {
  let whole = 0;
  await fc.assert(fc.asyncProperty(head, fc.array(piece, { maxLength: 6 }), fc.boolean(), async (first, parts, isToHead) => {
    const bytes = Buffer.from(first + parts.join(""), "latin1");
    const { outcome, length } = byUs(bytes, isToHead);
    if (outcome === refused) return;
    whole += 1;
    expect(await byNode(bytes.subarray(0, length), isToHead)).toBe(outcome);
  }), { numRuns: 4_000 });
  expect(whole).toBeGreaterThan(200);
});
