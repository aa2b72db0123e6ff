import { expect, test } from "vitest";
import type { AnswerSink, UpstreamRequest, Upstreams } from "../../upstream/pools.ts";
import { behindPipelock } from "./answers.ts";

const origin = { host: "a.test", port: 443, secure: true };
const plain = ["Content-Type", "text/plain; charset=utf-8"];

/** Sends a request and gives the answer in these pieces; answers what the sink behind heard. */
function heard(status: number, headers: string[], chunks: readonly string[], isThrough = true): readonly string[] {
  const said: string[] = [];
  const sink: AnswerSink = {
    begin: () => {}, start: (code) => void said.push(`start ${code}`), data: (chunk) => void said.push(chunk.toString()), sent: () => {},
    end: () => void said.push("end"), fail: ({ reason }) => void said.push(`fail ${reason}`),
  };
  const control = { pause: () => {}, resume: () => {}, abort: () => void said.push("abort") };
  const upstreams: Upstreams = {
    send(_request, to) {
      to.begin(control);
      to.start(status, "", headers);
      for (const chunk of chunks) to.data(Buffer.from(chunk));
      to.end();
    },
    cut: () => {}, [Symbol.asyncDispose]: async () => {},
  };
  behindPipelock(upstreams, () => isThrough).send({ origin, method: "GET", path: "/", headers: [], body: null, trailers: { announced: [], read: () => [] } }, sink);
  return said;
}

test.each([[["blocked: DLP match: AWS Access ID (critical)"]], [["blo", "cked", ": x"]], [[..."blocked: x", "more", "and more"]]])("pipelock's 403 in pieces %j becomes a denial without its words", (chunks) => {
  expect(heard(403, plain, chunks)).toEqual(["fail pipelock-blocked", "abort"]);
});

test.each<readonly [string, number, string[], readonly string[], readonly string[]]>([
  ["another text", 403, plain, ["no such thing"], ["start 403", "no such thing", "end"]],
  ["a text that only begins alike", 403, plain, ["block", "ing you"], ["start 403", "blocking you", "end"]],
  ["a text that ends too soon", 403, plain, ["blocked"], ["start 403", "blocked", "end"]],
  ["no text", 403, plain, [], ["start 403", "end"]],
  ["another type", 403, ["Content-Type", "text/html"], ["blocked: x"], ["start 403", "blocked: x", "end"]],
  ["another status", 200, plain, ["blocked: x"], ["start 200", "blocked: x", "end"]],
])("%s passes as it is", (_what, status, headers, chunks, expected) => {
  expect(heard(status, headers, chunks)).toEqual(expected);
});

test("what does not go through pipelock passes as it is, its encodings too", () => {
  expect(heard(403, plain, ["blocked: x"], false)).toEqual(["start 403", "blocked: x", "end"]);
});

test("nothing compressed is asked for through pipelock", () => {
  const asked: (readonly string[])[] = [];
  const upstreams: Upstreams = { send: ({ headers }) => void asked.push(headers), cut: () => {}, [Symbol.asyncDispose]: async () => {} };
  const request: UpstreamRequest = { origin, method: "GET", path: "/", headers: ["X", "accept-encoding", "ACCEPT-Encoding", "gzip", "Y", "z"], body: null, trailers: { announced: [], read: () => [] } };
  const sink: AnswerSink = { begin: () => {}, start: () => {}, data: () => {}, sent: () => {}, end: () => {}, fail: () => {} };
  behindPipelock(upstreams, () => true).send(request, sink);
  behindPipelock(upstreams, () => false).send(request, sink);
  expect(asked).toEqual([["X", "accept-encoding", "Y", "z", "Accept-Encoding", "identity"], request.headers]);
});
