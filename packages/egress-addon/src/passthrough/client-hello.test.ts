import { Duplex } from "node:stream";
import { connect } from "node:tls";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readClientHello } from "./client-hello.ts";

/** What Node's own TLS sends first. */
async function helloFor(servername: string): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const wire = new Duplex({ read: () => undefined, write: (chunk: Buffer, _encoding, done) => {
    resolve(chunk);
    done();
  } });
  const client = connect({ socket: wire, ...(servername === "" ? {} : { servername }), ALPNProtocols: ["h2", "http/1.1"] }).on("error", () => undefined);
  try {
    return await promise;
  } finally {
    client.destroy();
  }
}

/** The same handshake message in records of at most so many bytes. */
function inRecords(hello: Buffer, most: number): Buffer {
  const message = hello.subarray(5);
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += most) {
    const part = message.subarray(at, at + most);
    parts.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(parts);
}

test("the server name is read, however the records are cut", async () => {
  const hello = await helloFor("models.example.com");
  expect(readClientHello(hello)).toEqual({ kind: "hello", serverName: "models.example.com" });
  for (const most of [1, 3, 7, 100]) expect(readClientHello(inRecords(hello, most))).toEqual({ kind: "hello", serverName: "models.example.com" });
  expect(readClientHello(await helloFor(""))).toEqual({ kind: "hello", serverName: undefined });
});

test("every beginning of a hello asks for more, and nothing is read from it", async () => {
  const hello = await helloFor("models.example.com");
  for (let length = 0; length < hello.length; length += 1) expect(readClientHello(hello.subarray(0, length)), `${length}`).toEqual({ kind: "short" });
});

test.each([
  ["HTTP", Buffer.from("GET / HTTP/1.1\r\n")], ["SSH", Buffer.from("SSH-2.0-x\r\n")], ["an empty record", Buffer.from([22, 3, 1, 0, 0])],
  ["another record", Buffer.from([23, 3, 3, 0, 1, 0])], ["a server's message", Buffer.from([22, 3, 3, 0, 4, 2, 0, 0, 0])], ["SSL 2", Buffer.from([22, 2, 1, 0, 1, 1])],
])("%s is no hello", (_, bytes) => {
  expect(readClientHello(bytes)).toEqual({ kind: "other" });
});

test("a hello with two names, or a list that does not fit, is not believed", async () => {
  const hello = await helloFor("aaaa.example.com");
  const at = hello.indexOf("aaaa.example.com");
  const length = "aaaa.example.com".length;
  // One name becomes two of the same total length.
  const two = Buffer.from(hello);
  two.writeUInt16BE(4, at - 2);
  two[at + 4] = 0;
  two.writeUInt16BE(length - 7, at + 5);
  expect(readClientHello(two)).toEqual({ kind: "other" });
  const tooLong = Buffer.from(hello);
  tooLong.writeUInt16BE(length + 40, at - 2);
  expect(readClientHello(tooLong)).toEqual({ kind: "other" });
});

test("any bytes have an answer", async () => {
  const hello = await helloFor("models.example.com");
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void readClientHello(bytes)));
  fc.assert(fc.property(fc.nat(hello.length - 1), fc.nat(255), (at, value) => {
    const changed = Buffer.from(hello);
    changed[at] = value;
    return ["hello", "short", "other"].includes(readClientHello(changed).kind);
  }), { numRuns: 2_000 });
});
