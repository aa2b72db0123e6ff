import { expect, test } from "vitest";
import { pairs, requestTrailers, responseTrailers } from "./trailers.ts";

test("what carries a message's end passes, both ways", () => {
  const trailers = ["grpc-status", "0", "Grpc-Message", "fine", "X-Checksum", "1", "Digest", "sha-256=x"];
  expect(requestTrailers(trailers)).toEqual(trailers);
  expect(responseTrailers(trailers, [])).toEqual(trailers);
});

test.each([
  "Transfer-Encoding", "transfer_encoding", "Content-Length", "Content-Type", "Content-Encoding", "Trailer", "Host", "Connection", "TE", "Cache-Control", "Expect", "Range",
  "If-Match", "Set-Cookie", "Location", "Proxy-Authorization", "WWW-Authenticate", "X-HTTP-Method-Override",
])("%s may be in a head alone", (name) => {
  expect([requestTrailers([name, "x"]), responseTrailers([name, "x"], [])]).toEqual([[], []]);
});

test.each(["Authorization", "X-Api-Key", "X-Original-Url"])("%s does not leave in a trailer", (name) => {
  expect(requestTrailers([name, "x"])).toEqual([]);
});

test("an answer's trailers do not show the route's credential, nor pass for the proxy's own", () => {
  expect(responseTrailers(["x-echo", "a real-secret b", "x-bottle-block-reason", "no", ":status", "200", "x-a", "b\r\nc"], ["real-secret"])).toEqual(["x-echo", `a ${"*".repeat(11)} b`]);
});

test("pairs are names with their values", () => {
  expect(pairs(["a", "1", "b", "2"])).toEqual([["a", "1"], ["b", "2"]]);
});
