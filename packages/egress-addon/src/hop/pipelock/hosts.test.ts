import { expect, test } from "vitest";
import { describeUnscanned, pipelockHosts } from "./hosts.ts";

const auth = { scheme: "bearer", tokenRef: "T" } as const;

test("every route's host is allowed once, in its canonical form", () => {
  expect(pipelockHosts([{ host: "B.test." }, { host: "a.test", paths: ["/x"] }, { host: "a.test", methods: ["GET"] }, { host: "*.C.test" }, { host: "[::1]" }]).allowed)
    .toEqual(["*.c.test", "::1", "a.test", "b.test"]);
});

test("no routes: a name that is nobody's, since an empty list is refused", () => {
  expect(pipelockHosts([])).toEqual({ allowed: ["nobody.invalid"], passthrough: [] });
});

test("a host is passed unread if any of its routes has a credential, warns or does not scan, or the operator says so", () => {
  const hosts = pipelockHosts([
    { host: "plain.test" }, { host: "mixed.test", paths: ["/a"] }, { host: "mixed.test", paths: ["/b"], auth }, { host: "*.wide.test", auth },
    { host: "warned.test", dlp: "warn" }, { host: "off.test", dlp: "off" }, { host: "scanned.test", dlp: "block" }, { host: "both.test", dlp: "off" }, { host: "both.test", auth },
  ], ["big.test", "Mixed.test"]);
  expect(hosts.passthrough).toEqual([
    { host: "*.wide.test", why: "credential" }, { host: "big.test", why: "operator" }, { host: "both.test", why: "credential" }, { host: "mixed.test", why: "credential" },
    { host: "off.test", why: "dlp" }, { host: "warned.test", why: "dlp" },
  ]);
});

test("a host that the operator passes through is not thereby allowed", () => {
  expect(pipelockHosts([{ host: "a.test" }], ["b.test"]).allowed).toEqual(["a.test"]);
});

test("hosts with an allowed private address are said to go beside pipelock", () => {
  const allowPrivate = [{ host: "Db.internal", port: 5432, cidr: "10.0.0.0/8" }, { host: "::1", port: 80, cidr: "::1" }, { host: "db.internal", port: 5432, cidr: "10.1.0.0/16" }];
  expect(describeUnscanned(pipelockHosts([]), allowPrivate)[0]).toBe("pipelock does not scan [::1]:80, db.internal:5432: the address is allowed though private, and dialled beside it.");
});

test("what is not scanned is said, with the hosts and the reason", () => {
  expect(describeUnscanned(pipelockHosts([{ host: "a.test", auth }, { host: "b.test", auth }, { host: "c.test", dlp: "warn" }, { host: "e.test", passthrough: true }, { host: "a.test", ports: [8443], passthrough: true }], ["d.test"]))).toEqual([
    "pipelock does not scan a.test, b.test: a credential is injected there, which it would take for a leak.",
    "pipelock does not scan e.test: its route lets TLS through unread.",
    "pipelock does not scan c.test: the route's dlp is warn or off, and pipelock can only block.",
    "pipelock does not scan d.test: the operator passes it through.",
    "pipelock does not carry WebSockets and plain http: on hosts that it scans the former fail, and on all the latter is refused.",
  ]);
  expect(describeUnscanned(pipelockHosts([{ host: "a.test" }]))).toHaveLength(1);
});
