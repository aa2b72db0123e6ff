import { expect, test } from "vitest";
import { compilePolicy } from "./compile.ts";
import { decide, type DecisionRequest, decideTunnel } from "./decide.ts";

const policy = compilePolicy({ routes: [
  { host: "any.test" },
  { host: "read.test", methods: ["GET", "HEAD"] },
  { host: "api.test", paths: ["/v1/**", "/health"] },
  { host: "port.test", ports: [8443] },
  { host: "*.sub.test" },
  { host: "key.test", auth: { scheme: "bearer", tokenRef: "T" } },
  { host: "Upper.Test" },
  { host: "192.0.2.7" },
  { host: "git.test" },
] });

const ask = (request: Partial<DecisionRequest>): string => {
  const decision = decide(policy, { host: "any.test", port: 443, method: "GET", path: "/", secure: true, ...request });
  return decision.decision === "allow" ? "allow" : `${decision.layer} ${decision.reason} ${decision.retry}`;
};

test.each<[Partial<DecisionRequest>, string]>([
  [{}, "allow"],
  [{ port: 80, secure: false }, "allow"],
  [{ port: 8080 }, "route port-not-allowed ask"],
  [{ host: "other.test" }, "route no-route ask"],
  [{ host: "sub.any.test" }, "route no-route ask"],
  [{ host: "any.test.evil.test" }, "route no-route ask"],
  [{ host: "ANY.test." }, "allow"],
  [{ host: "upper.test" }, "allow"],
  [{ host: "a b" }, "request host-invalid never"],
  [{ host: "192.0.2.7" }, "allow"],
  [{ host: "192.0.2.8" }, "route no-route ask"],
  [{ host: "sub.test" }, "route no-route ask"],
  [{ host: "a.sub.test" }, "allow"],
  [{ host: "a.b.sub.test" }, "allow"],
  [{ host: "asub.test" }, "route no-route ask"],
  [{ host: "read.test", method: "HEAD" }, "allow"],
  [{ host: "read.test", method: "POST" }, "route method-not-allowed ask"],
  [{ method: "get" }, "request method-forbidden never"],
  [{ method: "TRACE" }, "request method-forbidden never"],
  [{ method: "CONNECT" }, "request method-forbidden never"],
  [{ host: "api.test", path: "/v1" }, "allow"],
  [{ host: "api.test", path: "/v1/a/b?c=d" }, "allow"],
  [{ host: "api.test", path: "/health" }, "allow"],
  [{ host: "api.test", path: "/health/" }, "route path-not-allowed ask"],
  [{ host: "api.test", path: "/v2" }, "route path-not-allowed ask"],
  [{ host: "api.test", path: "/V1/a" }, "route path-not-allowed ask"],
  [{ host: "api.test", path: "/v1/../v2" }, "request path-ambiguous never"],
  [{ host: "api.test", path: "/v1/%2e%2e/v2" }, "request path-ambiguous never"],
  [{ host: "api.test", path: "/v1/..;/v2" }, "request path-ambiguous never"],
  [{ host: "api.test", path: "/v1%2fa" }, "route path-not-allowed ask"],
  [{ host: "api.test", path: "//v1/a" }, "route path-not-allowed ask"],
  [{ host: "any.test", path: "/@scope%2fname" }, "allow"],
  [{ host: "any.test", path: "//a" }, "allow"],
  [{ host: "port.test" }, "route port-not-allowed ask"],
  [{ host: "port.test", port: 8443 }, "allow"],
  [{ port: 0 }, "request port-invalid never"],
  [{ port: Number.NaN }, "request port-invalid never"],
  [{ host: "key.test" }, "allow"],
  [{ host: "key.test", port: 80, secure: false }, "credential credential-needs-tls never"],
  [{ host: "git.test", method: "POST", path: "/a.git/git-receive-pack" }, "git git-push never"],
  [{ host: "git.test", path: "/a.git/info/refs?service=git-receive-pack" }, "git git-push never"],
  [{ host: "nowhere.test", path: "/a.git/info/refs?service=git-receive-pack" }, "git git-push never"],
  [{ host: "git.test", path: "/a.git/info/refs?service=git-upload-pack" }, "allow"],
])("%j: %s", (request, expected) => {
  expect(ask(request)).toBe(expected);
});

test("a policy without routes allows nothing", () => {
  const none = compilePolicy({ routes: [] });
  expect(decide(none, { host: "any.test", port: 443, method: "GET", path: "/", secure: true })).toMatchObject({ decision: "deny", reason: "no-route" });
  expect(decideTunnel(none, { host: "any.test", port: 443 })).toMatchObject({ decision: "deny", reason: "no-route" });
});

test("among routes that fit, the exact host goes first, then one with a credential, then the written order", () => {
  const auth = { scheme: "bearer", tokenRef: "T" } as const;
  const chosen = (routes: Parameters<typeof compilePolicy>[0]["routes"]): unknown => {
    const decision = decide(compilePolicy({ routes }), { host: "a.b.test", port: 443, method: "GET", path: "/x", secure: true });
    return decision.decision === "allow" ? routes.findIndex((route) => JSON.stringify(route) === JSON.stringify(decision.route)) : decision.reason;
  };
  expect(chosen([{ host: "*.test" }, { host: "*.b.test" }, { host: "a.b.test" }])).toBe(2);
  expect(chosen([{ host: "*.test" }, { host: "*.b.test" }])).toBe(1);
  expect(chosen([{ host: "a.b.test" }, { host: "a.b.test", auth }])).toBe(1);
  expect(chosen([{ host: "a.b.test", paths: ["/x"] }, { host: "a.b.test" }])).toBe(0);
  expect(chosen([{ host: "a.b.test", paths: ["/y"] }, { host: "*.b.test" }])).toBe(1);
});

test("a tunnel opens to a host and port that some route allows, and to no other", () => {
  const open = (host: string, port: number): string => {
    const decision = decideTunnel(policy, { host, port });
    return decision.decision === "allow" ? "allow" : decision.reason;
  };
  expect([open("api.test", 443), open("api.test", 8443), open("port.test", 8443), open("x.test", 443), open("a b", 443)])
    .toEqual(["allow", "port-not-allowed", "allow", "no-route", "host-invalid"]);
});

test("every input has an answer", () => {
  const odd = ["", "\0", "..", "/", "%", "a".repeat(100_000), "\ud800", "__proto__", "constructor", "*"];
  for (const host of odd) for (const path of odd) for (const method of odd) expect(decide(policy, { host, port: 443, method, path, secure: true }).decision).toBe("deny");
});

test("ten thousand routes decide in microseconds", () => {
  const large = compilePolicy({ routes: Array.from({ length: 10_000 }, (_, index) => ({ host: `h${index}.test`, paths: ["/a/*"] })) });
  const startedAt = performance.now();
  for (let index = 0; index < 10_000; index += 1) decide(large, { host: `h${index}.test`, port: 443, method: "GET", path: "/a/b", secure: true });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test("the same request is decided by the policy that it is asked of, one after the other", () => {
  const [open, closed] = [compilePolicy({ routes: [{ host: "a.test" }, { host: "b.test", methods: ["GET"] }] }), compilePolicy({ routes: [{ host: "a.test", deny: true }] })];
  const decided = (policy: typeof open, host: string): string => decide(policy, { host, port: 443, method: "GET", path: "/", secure: true }).decision;
  for (let round = 0; round < 2; round += 1) {
    expect([decided(open, "a.test"), decided(closed, "a.test"), decided(open, "b.test"), decided(closed, "b.test"), decided(open, "c.test")]).toEqual(["allow", "deny", "allow", "deny", "deny"]);
  }
});
