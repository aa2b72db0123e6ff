import { expect, test } from "vitest";
import { decideAll } from "../exchange/admit.ts";
import { compilePolicy } from "./compile.ts";
import { decide, type DecisionRequest, decideTunnel } from "./decide.ts";

const policy = compilePolicy({ dangerouslyAllowAll: true, routes: [
  { host: "*" },
  { host: "*", ports: [8443] },
  { host: "api.test" },
  { host: "api.test", deny: true, paths: ["/admin/**", "/keys", "/up/*.exe", "/café"] },
  { host: "api.test", deny: true, methods: ["DELETE"] },
  { host: "bad.test", deny: true },
  { host: "bad.test", methods: ["GET"], paths: ["/exactly/this"], auth: { scheme: "bearer", tokenRef: "T" } },
  { host: "*.sub.test", deny: true },
  { host: "good.sub.test" },
  { host: "port.test", deny: true, ports: [8443] },
  { host: "192.0.2.7", deny: true },
  { host: "xn--mnchen-3ya.test", deny: true },
] });

const ask = (request: Partial<DecisionRequest>): string => {
  const decision = decide(policy, { host: "api.test", port: 443, method: "GET", path: "/", secure: true, ...request });
  return decision.decision === "allow" ? "allow" : `${decision.layer} ${decision.reason} ${decision.retry}`;
};
const denied = "route route-denied never";
const ambiguous = "request path-ambiguous never";
const noHost = "request host-invalid never";

test.each<[Partial<DecisionRequest>, string]>([
  [{}, "allow"],
  [{ path: "/admins" }, "allow"],
  [{ path: "/x/admin" }, "allow"],
  [{ path: "/keys/public" }, "allow"],
  // The host, in every spelling.
  [{ host: "bad.test" }, denied],
  [{ host: "bad.test", path: "/exactly/this" }, denied],
  [{ host: "BAD.Test." }, denied],
  [{ host: "bad.test.." }, noHost],
  [{ host: "ｂad.test" }, noHost],
  [{ host: "b%61d.test" }, noHost],
  [{ host: "bad\u3002test" }, noHost],
  [{ host: "bad.test:443" }, noHost],
  [{ host: "x@bad.test" }, noHost],
  [{ host: "bad.test\u212a" }, noHost],
  [{ host: "bad.test", port: 8443 }, denied],
  [{ host: "bad.test", port: 80, secure: false }, denied],
  [{ host: "not-bad.test" }, "allow"],
  [{ host: "a.bad.test" }, "allow"],
  [{ host: "good.sub.test" }, denied],
  [{ host: "a.b.SUB.test" }, denied],
  [{ host: "sub.test" }, "allow"],
  [{ host: "port.test" }, "allow"],
  [{ host: "port.test", port: 8443 }, denied],
  [{ host: "XN--Mnchen-3ya.test" }, denied],
  [{ host: "münchen.test" }, noHost],
  // The address, in every spelling.
  [{ host: "192.0.2.7" }, denied],
  [{ host: "::ffff:192.0.2.7" }, denied],
  [{ host: "[::FFFF:c000:207]" }, denied],
  [{ host: "64:ff9b::c000:207" }, denied],
  [{ host: "192.0.2.07" }, noHost],
  [{ host: "3221225991" }, noHost],
  // The path, as the loosest server reads it.
  [{ path: "/admin" }, denied],
  [{ path: "/admin/" }, denied],
  [{ path: "/admin/x/y?z" }, denied],
  [{ path: "/ADMIN/x" }, denied],
  [{ path: "/%61dmin/x" }, denied],
  [{ path: "/%2561dmin/x" }, denied],
  [{ path: "/admin%2fx" }, denied],
  [{ path: "//admin/x" }, denied],
  [{ path: "/;a/admin/x" }, denied],
  [{ path: "/admin;a=b/x" }, denied],
  [{ path: "/admin%3Ba" }, denied],
  [{ path: "/admin./x" }, denied],
  [{ path: "/admin%20/x" }, denied],
  [{ path: "/%EF%BD%81dmin/x" }, denied],
  [{ path: "/admi%E2%80%8Bn/x" }, denied],
  [{ path: "/%C4%B1x/../admin" }, ambiguous],
  [{ path: "/adm%C4%B1n" }, denied],
  [{ path: "/x/../admin" }, ambiguous],
  [{ path: "/./admin" }, ambiguous],
  [{ path: "/x/..;/admin" }, ambiguous],
  [{ path: "/x/%2e%2e/admin" }, ambiguous],
  [{ path: "/x%5c..%5cadmin" }, ambiguous],
  [{ path: "\\admin" }, ambiguous],
  [{ path: "/admin%00" }, ambiguous],
  [{ path: "/admin%ff" }, ambiguous],
  [{ path: "/keys/" }, denied],
  [{ path: "/Keys?x" }, denied],
  [{ path: "/up/setup.EXE" }, denied],
  [{ path: "/up/setup.exe." }, denied],
  [{ path: "/up/setup.exe;v=1" }, denied],
  [{ path: "/up/a/setup.exe" }, "allow"],
  [{ path: "/caf%C3%A9" }, denied],
  [{ path: "/cafe%CC%81" }, denied],
  [{ path: "/CAF%C3%89" }, denied],
  // The method.
  [{ method: "DELETE" }, denied],
  [{ method: "delete" }, "request method-forbidden never"],
  // What a guard refuses, it refuses before any route.
  [{ host: "bad.test", method: "POST", path: "/a.git/git-receive-pack" }, "git git-push never"],
  [{ host: "bad.test", websocket: true }, denied],
])("%j: %s", (request, expected) => {
  expect(ask(request)).toBe(expected);
});

test("a method that an upstream may take the request for is denied as well", () => {
  const request = { host: "api.test", port: 443, method: "POST", path: "/", secure: true };
  expect(decideAll(policy, { ...request, methods: ["POST"] }).decision).toBe("allow");
  expect(decideAll(policy, { ...request, methods: ["POST", "DELETE"] })).toMatchObject({ decision: "deny", reason: "route-denied" });
});

test("a denial names its route", () => {
  expect(decide(policy, { host: "a.sub.test", port: 443, method: "GET", path: "/", secure: true })).toMatchObject({ route: { host: "*.sub.test", deny: true } });
});

test("a tunnel to a host that is denied whole is refused, to one that is denied in part it opens", () => {
  const open = (host: string, port = 443): string => {
    const decision = decideTunnel(policy, { host, port });
    return decision.decision === "allow" ? "allow" : decision.reason;
  };
  expect([open("bad.test"), open("x.sub.test"), open("port.test", 8443), open("::ffff:192.0.2.7")]).toEqual(Array(4).fill("route-denied"));
  expect([open("api.test"), open("port.test"), open("sub.test")]).toEqual(Array(3).fill("allow"));
  expect([open("api.test", Number.NaN), open("api.test", 0)]).toEqual(["port-invalid", "port-invalid"]);
});

test("without any allowing route a denial is still final", () => {
  const only = compilePolicy({ routes: [{ host: "a.test", deny: true }] });
  expect(decide(only, { host: "a.test", port: 443, method: "GET", path: "/", secure: true })).toMatchObject({ reason: "route-denied", retry: "never" });
  expect(decide(only, { host: "b.test", port: 443, method: "GET", path: "/", secure: true })).toMatchObject({ reason: "no-route", retry: "ask" });
});
