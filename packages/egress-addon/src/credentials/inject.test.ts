import { expect, test } from "vitest";
import { inject, isSendable, passOn } from "./inject.ts";

const value = "real-secret-value";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const sent = ["Accept", "*/*", "Authorization", "Bearer placeholder", "authorization", "Bearer again", "X-Api-Key", "placeholder", "x_api_key", "placeholder", "X_Token", "mine", "x-token", "mine"];

test.each([
  [{ scheme: "bearer", tokenRef: "T" }, value, ["Authorization", `Bearer ${value}`]],
  [{ scheme: "token", tokenRef: "T" }, value, ["Authorization", `token ${value}`]],
  [{ scheme: "basic", tokenRef: "T" }, "user:pass-word", ["Authorization", `Basic ${base64("user:pass-word")}`]],
  [{ scheme: "basic", tokenRef: "T" }, value, ["Authorization", `Basic ${base64(`${value}:`)}`]],
  [{ scheme: "header", tokenRef: "T", name: "X-Token" }, value, ["X-Token", value]],
] as const)("%j puts the value in and takes every copy of the agent's out", (auth, token, added) => {
  const kept = auth.scheme === "header" ? [] : ["X_Token", "mine", "x-token", "mine"];
  expect(inject(sent, "", { auth, value: token }).headers).toEqual(["Accept", "*/*", ...kept, "Accept-Encoding", "identity", ...added]);
});

test.each([
  ["", "?key=real-secret-value"], ["?a=b", "?a=b&key=real-secret-value"], ["?key=mine&a=b&KEY=mine&k%65y=mine&key[]=mine&key", "?a=b&key=real-secret-value"], ["?keys=1", "?keys=1&key=real-secret-value"],
])("a query credential replaces every copy in %j", (query, expected) => {
  expect(inject([], query, { auth: { scheme: "query", tokenRef: "T", name: "key" }, value }).query).toBe(expected);
});

test("a query credential is percent-encoded", () => {
  expect(inject([], "", { auth: { scheme: "query", tokenRef: "T", name: "key" }, value: "a&b=c#d e" }).query).toBe("?key=a%26b%3Dc%23d%20e");
});

test("without a credential the agent's own headers pass, but nothing of the connection", () => {
  const headers = ["Host", "x", "Authorization", "mine", "Connection", "close, X-Hop", "X-Hop", "1", "Proxy-Authorization", "Basic x", "proxy_authorization", "x", "Proxy-Connection", "x",
    "TE", "trailers", "Trailer", "x", "Transfer-Encoding", "chunked", "Upgrade", "h2c", "HTTP2-Settings", "x", "Keep-Alive", "x", "Expect", "100-continue", "X-Original-URL", "/admin", "x_rewrite_url", "/admin",
    "X-Forwarded-Host", "evil", "X-Original-URI", "/admin", "x_forwarded_prefix", "/admin", "X-Forwarded-Method", "DELETE", "X-HTTP-Host-Override", "evil", "X-Envoy-Original-Path", "/admin", "Content-Length", "3", "content_length", "9", "Cookie", "a=b", "Cookie", "c=d", "X_Other", "kept"];
  expect(passOn(headers, "?a").headers).toEqual(["Authorization", "mine", "Content-Length", "3", "Cookie", "a=b", "Cookie", "c=d", "X_Other", "kept"]);
  expect(passOn(headers, "?a").query).toBe("?a");
});

test.each(["abc", "a b", "user:pa:ss", "~!\"#"])("%j can be sent", (text) => expect(isSendable(text)).toBe(true));
test.each(["", "a\nb", "a\r", "\tx", " x", "x ", "ü", "a\0b", "a\x7f"])("%j cannot be sent", (text) => expect(isSendable(text)).toBe(false));

test("what must not come back has the value in the spellings of its scheme", () => {
  const { secrets } = inject([], "", { auth: { scheme: "basic", tokenRef: "T" }, value: "someuser:some-password" });
  expect(secrets).toEqual(expect.arrayContaining(["someuser:some-password", "some-password", base64("someuser:some-password"), base64("some-password")]));
});

test("headers that come again get the value of now, of the route that they go by", () => {
  const headers = Object.freeze(["Accept", "*/*", "X-Token", "mine"]);
  const bearer = { scheme: "bearer", tokenRef: "T" } as const;
  const header = { scheme: "header", tokenRef: "T", name: "X-Token" } as const;
  const sentBy = (auth: typeof bearer | typeof header, token: string): readonly string[] => inject(headers, "", { auth, value: token }).headers.slice(-4);
  for (let round = 0; round < 2; round += 1) {
    expect(sentBy(bearer, "first-value")).toEqual(["Accept-Encoding", "identity", "Authorization", "Bearer first-value"]);
    expect(sentBy(bearer, "second-value")).toEqual(["Accept-Encoding", "identity", "Authorization", "Bearer second-value"]);
    expect(sentBy(header, "first-value")).toEqual(["Accept-Encoding", "identity", "X-Token", "first-value"]);
  }
  expect(passOn(headers, "").headers).toEqual(headers);
});
