import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { Duplex, PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { asConnection, takeApart } from "./streams.ts";

function frame(stream: 1 | 2, content: string): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(Buffer.byteLength(content), 4);
  return Buffer.concat([header, Buffer.from(content)]);
}

/** A connection whose other end sends these chunks. */
function connection(chunks: readonly Buffer[]): { readonly ours: Duplex; readonly received: PassThrough } {
  const received = new PassThrough();
  const sent = new PassThrough();
  for (const chunk of chunks) sent.write(chunk);
  sent.end();
  return { ours: Duplex.from({ readable: sent, writable: received }), received };
}

const whole = Buffer.concat([frame(1, "out "), frame(2, "err"), frame(1, ""), frame(1, "Grüße\n")]);

test.each([1, 2, 7, 8, 9, whole.length])("frames cut into pieces of %i bytes come out whole, each in its stream", async (size) => {
  const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) => whole.subarray(index * size, (index + 1) * size));
  const { stdout, stderr, closed } = takeApart(connection(pieces).ours);
  expect(await Promise.all([text(stdout), text(stderr)])).toEqual(["out Grüße\n", "err"]);
  await closed;
});

test("a connection that breaks within a frame ends both streams with what has come", async () => {
  const { stdout, stderr, closed } = takeApart(connection([frame(1, "all of it").subarray(0, 12)]).ours);
  expect(await Promise.all([text(stdout), text(stderr)])).toEqual(["all ", ""]);
  await closed;
});

test("input goes out unframed, and its end closes that half alone", async () => {
  const { ours, received } = connection([frame(1, "later")]);
  const { stdin, stdout } = takeApart(ours);
  stdin.end("to the program");
  expect(await text(received)).toBe("to the program");
  expect(await text(stdout)).toBe("later");
});

test("what nobody reads is not taken from the connection", async () => {
  let taken = 0;
  const ours = new Duplex({ read() { taken += 1; this.push(frame(1, "x".repeat(10_000))); }, write: (_chunk, _encoding, done) => done() });
  const { close, closed } = takeApart(ours);
  for (let turns = 0; turns < 50; turns += 1) await turn();
  const before = taken;
  for (let turns = 0; turns < 50; turns += 1) await turn();
  expect([taken, before < 30]).toEqual([before, true]);
  close();
  expect(await closed).toEqual({ isOurDoing: true });
});

test("a reader that goes once it has all of it, as tar does, takes nothing from the other stream and from how it ended", async () => {
  const sent = new PassThrough();
  const { stdout, stderr, closed } = takeApart(Duplex.from({ readable: sent, writable: new PassThrough() }));
  sent.write(frame(1, "all"));
  await once(stdout, "readable");
  stdout.destroy();
  sent.end(frame(2, "a word"));
  expect(await text(stderr)).toBe("a word");
  expect(await closed).toEqual({ isOurDoing: false });
});

test("a reader that goes away in the middle breaks the connection off; one that goes after the end does not", async () => {
  const endless = new Duplex({ read() { this.push(frame(1, "x".repeat(10_000))); }, write: (_chunk, _encoding, done) => done() });
  const { stdout, closed } = takeApart(endless);
  stdout.destroy();
  expect(await closed).toEqual({ isOurDoing: true });
  expect(endless.destroyed).toBe(true);
  const whole = takeApart(connection([frame(1, "all")]).ours);
  expect(await text(whole.stdout)).toBe("all");
  whole.stdout.destroy();
  whole.stderr.resume();
  expect(await whole.closed).toEqual({ isOurDoing: false });
});

test("as one connection, what is written is the program's input, its standard output is read, and it ends with the program", async () => {
  const { ours, received } = connection([frame(1, "out "), frame(2, "err"), frame(1, "put")]);
  const joined = asConnection(takeApart(ours));
  const closed = once(joined, "close");
  joined.write("an order\n");
  expect(await text(joined)).toBe("out put");
  await closed;
  expect(String(received.read())).toBe("an order\n");
});

test("destroying such a connection breaks the program's off, without an error for anybody", async () => {
  const ours = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const streams = takeApart(ours);
  const joined = asConnection(streams);
  joined.on("error", (error) => expect.unreachable(String(error)));
  joined.destroy();
  expect(await streams.closed).toEqual({ isOurDoing: true });
  expect([ours.destroyed, joined.destroyed]).toEqual([true, true]);
});

test("output that nobody reads from such a connection stays with the engine", async () => {
  let taken = 0;
  const ours = new Duplex({ read() { taken += 1; this.push(frame(1, "x".repeat(10_000))); }, write: (_chunk, _encoding, done) => done() });
  const joined = asConnection(takeApart(ours));
  for (let turns = 0; turns < 50; turns += 1) await turn();
  expect(taken).toBeLessThan(40);
  joined.destroy();
});
