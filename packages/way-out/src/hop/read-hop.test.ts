import { expect, test } from "vitest";
import type { UpstreamProxy } from "./model.ts";
import { readHop } from "./read-hop.ts";

const read = (via: UpstreamProxy): ReturnType<typeof readHop> => readHop(via, { hosts: { "fixed.test": "127.0.0.1:4443" }, allowPrivate: [{ host: "db.internal", port: 443, cidr: "10.0.0.0/8" }] });

test.each([
  ["http://proxy.corp:3128", { host: "proxy.corp", port: 3128, secure: false }],
  ["http://proxy.corp:3128/", { host: "proxy.corp", port: 3128, secure: false }],
  ["HTTPS://Proxy.Corp", { host: "proxy.corp", port: 443, secure: true }],
  ["http://10.0.0.1", { host: "10.0.0.1", port: 80, secure: false }],
  ["http://[::1]:8888", { host: "::1", port: 8888, secure: false }],
])("%s is read", (proxy, expected) => {
  expect(read({ proxy })).toMatchObject({ ...expected, kind: "proxy", caCertificates: [] });
});

test.each(["proxy.corp:3128", "socks5://proxy.corp:1080", "ftp://a", "http://", "http://a b", "http://proxy.corp:0", "http://proxy.corp:99999", "http://proxy.corp/path", "http://proxy.corp?x", "http://127.1:80", "http://a\r\nX: y", ""])(
  "%j is refused at the start", (proxy) => {
    expect(() => read({ proxy })).toThrow(`via.proxy: ${JSON.stringify(proxy)} must be http://host:port or https://host:port, without a path; a login goes into via.credential.`);
  });

test("a login in the URL is refused without being repeated", () => {
  expect(() => read({ proxy: "http://user:hunter2@proxy.corp:3128" })).toThrow(/^via\.proxy: it must be(?!.*hunter2)/);
});

test("a credential becomes Basic authorisation", () => {
  expect(read({ proxy: "http://p:1", credential: { username: "Aladdin", password: "open sesame" } }).authorization).toBe("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  expect(read({ proxy: "http://p:1", credential: { username: "u", password: "a:b" } }).authorization).toBe(`Basic ${Buffer.from("u:a:b").toString("base64")}`);
  expect(read({ proxy: "http://p:1" }).authorization).toBeUndefined();
});

test.each([["a:b", "x"], ["a\r\nb", "x"], ["a", "hunter2\n"], ["a", "hunter2\0"]])("a credential that cannot be sent is refused without being repeated", (username, password) => {
  expect(() => read({ proxy: "http://p:1", credential: { username, password } })).toThrow(/^via\.credential: the username must have no colon(?!.*hunter2)/);
});

test.each([
  ["public.test", 443, "hop"],
  ["93.184.216.34", 443, "hop"],
  ["fixed.test", 443, "direct"],
  ["x.fixed.test", 443, "hop"],
  ["direct.test", 443, "direct"],
  ["proxy.corp", 3128, "own-listener"],
  ["proxy.corp", 443, "hop"],
  ["localhost", 80, "address-forbidden"],
  ["a.localhost", 80, "address-forbidden"],
  ["printer.local", 443, "address-forbidden"],
  ["metadata.google.internal", 80, "address-forbidden"],
  ["router.home.arpa", 443, "address-forbidden"],
  ["intranet", 443, "address-forbidden"],
  ["db.internal", 443, "hop"],
  ["db.internal", 80, "address-forbidden"],
  ["x.db.internal", 443, "address-forbidden"],
] as const)("%s:%i goes %s", (host, port, way) => {
  expect(read({ proxy: "http://proxy.corp:3128", noProxy: ["direct.test"] }).way({ host, port })).toBe(way);
});

test("an allowed private host goes directly where the hop is pipelock, exactly that host and port", () => {
  const { way } = read({ proxy: "http://127.0.0.1:8888", kind: "pipelock" });
  expect([way({ host: "db.internal", port: 443 }), way({ host: "db.internal", port: 80 }), way({ host: "x.db.internal", port: 443 }), way({ host: "public.test", port: 443 })])
    .toEqual(["direct", "address-forbidden", "address-forbidden", "hop"]);
});

test("what noProxy holds goes directly, to be resolved and guarded here, whatever its name", () => {
  const { way } = read({ proxy: "http://proxy.corp:3128", noProxy: ["*"] });
  expect([way({ host: "localhost", port: 80 }), way({ host: "intranet", port: 443 })]).toEqual(["direct", "direct"]);
  expect(way({ host: "proxy.corp", port: 3128 })).toBe("own-listener");
});
