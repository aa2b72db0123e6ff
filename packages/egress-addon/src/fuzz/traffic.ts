import { hosts, knownValue } from "./names.ts";
import type { Random } from "./random.ts";

const methods = ["GET", "GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "M-SEARCH"] as const;
const paths = [
  "/", "/ok/a", "/ok/a?b=c", "/ok/%61", "/ok/../admin", "/ok/%2e%2e/admin", "/ok/..;/admin", "//ok/a", "/admin", "/ok/a%2fb", "/ok/\\a", "*", "/ok/a#b",
  "/ok/x.git/info/refs?service=git-receive-pack", "/ok/x.git/git-receive-pack", "/ok/a?_method=DELETE", `/ok/a?q=${knownValue}`,
] as const;
const versions = ["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/0.9", ""] as const;
const fields = [
  "Accept: */*", "Connection: keep-alive", "Connection: close", "Connection: X-A, close", "X-A: b", "X-A: b\r\n c", "X-A:\tb ", "Expect: 100-continue",
    "Expect: odd", "TE: trailers", "Trailer: X-T",
  "Upgrade: websocket", "Upgrade: h2c", "Content-Type: application/json", "Content-Type: application/grpc",
    "Content-Type: multipart/form-data; boundary=b", "Content-Encoding: gzip", "Range: bytes=0-1",
  "Authorization: Bearer placeholder", "Authorization: Basic eDp5", "X-HTTP-Method-Override: DELETE", "Proxy-Authorization: Basic eDp5", "Proxy-Connection: keep-alive",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", `X-Known: ${knownValue}`, `Cookie: ${"a=b; ".repeat(20)}`,
    `X-Long: ${"x".repeat(9_000)}`, "X-Bytes: \xe9\xff",
] as const;
const contents = ["", "abc", "{\"a\":\"b\"}", `{"a":"${knownValue}"}`, "a=b&c=d", "--b\r\nContent-Disposition: form-data; name=x\r\n\r\ny\r\n--b--\r\n",
  "\x1f\x8b\x08\x00", "GET /admin HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(20_000)] as const;

/** What is written into messages of HTTP/1.1 at any place. */
export const textTokens: readonly Buffer[] = [
  "\r\n", "\n", "\r", "\0", " ", "\t", ":", ";a=b", "%2e", "..", "/", "\r\n\r\n", "0\r\n\r\n", "ffffffffffffffff\r\n", "-1\r\n", "Content-Length: 3\r\n",
    "Content-Length: 3, 3\r\n", "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding : chunked\r\n", "Transfer-Encoding:\x0bchunked\r\n", "Host: evil.fuzz.test\r\n",
    "Upgrade: websocket\r\nConnection: Upgrade\r\n", "X-HTTP-Method-Override: DELETE\r\n",
  `\r\nGET /admin HTTP/1.1\r\nHost: ${hosts.allowed}\r\n\r\n`, `GET /admin HTTP/1.1\r\nHost: ${hosts.allowed}\r\n\r\n`, `http://${hosts.evil}/`,
    `@${hosts.evil}`, knownValue, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
].map((text) => Buffer.from(text, "latin1"));

/** A request of HTTP/1.1 whose parts fit together in most cases; with `prefix` in front of its path. */
export function request(random: Random, { host, prefix = "" }: { readonly host: string; readonly prefix?: string }): Buffer {
  const named = random.chance(0.9) ? host : random.pick([hosts.evil, `${host}:443`, `${host}:8443`, `${host}.`, "", "a b", "[::1]", host.toUpperCase()]);
  const chosen = Array.from({ length: random.below(5) }, () => random.pick(fields));
  const content = random.pick(contents);
  const framed = random.chance(0.4) ? [] : random.chance(0.5) ? [`Content-Length: ${content.length + (random.chance(0.1) ? random.below(3) - 1 : 0)}`] : ["Transfer-Encoding: chunked"];
  const body = framed[0] === undefined ? "" : framed[0].startsWith("T") ? chunked(random, content) : content;
  const lines = [`${random.pick(methods)} ${prefix}${random.pick(paths)} ${random.pick(versions)}`, `Host: ${named}`, ...chosen, ...framed, "", ""];
  return Buffer.from(lines.join("\r\n") + body, "latin1");
}

function chunked(random: Random, content: string): string {
  const extension = random.chance(0.1) ? ";a=b" : "";
  const trailer = random.chance(0.2) ? random.pick(["X-T: u\r\n", `X-T: ${knownValue}\r\n`, "Content-Length: 3\r\n", `Host: ${hosts.evil}\r\n`]) : "";
  const at = random.below(content.length + 1);
  const parts = [content.slice(0, at), content.slice(at)].filter((part) => part !== "");
  return `${parts.map((part) => `${part.length.toString(16)}${extension}\r\n${part}\r\n`).join("")}0${extension}\r\n${trailer}\r\n`;
}
