import type { EgressPolicy, Guard } from "@bottle/egress-addon";
import type { Ask, AskedRoute } from "@bottle/manifest";
import { expect, test } from "vitest";
import { rememberDenials } from "./denials.ts";
import { createJudge, type Judge } from "./judge.ts";

const isPrivate: Guard = async ({ host }) => (host.startsWith("10.") ? { refused: "address-forbidden" } : host === "8.8.8.8" ? { addresses: [host], port: 443 } : { refused: "name-not-found" });

function judgeOf(policy: EgressPolicy, more: Partial<Parameters<typeof createJudge>[0]> = {}): Judge {
  return createJudge({ policy: () => policy, guard: isPrivate, denials: rememberDenials(), isInHop: () => false, ...more });
}

const egress = (route: AskedRoute): Ask => ({ kind: "egress", route });
const get = (host: string, more: Partial<AskedRoute> = {}): Ask => egress({ host, ports: [443], methods: ["GET"], ...more });

test.each<[string, EgressPolicy["routes"][number], Ask]>([
  ["a route of the same host", { host: "a.test" }, get("a.test")],
  ["a wildcard", { host: "*.a.test" }, get("x.a.test")],
  ["a wildcard, for all under it", { host: "*.a.test" }, get("*.a.test")],
  ["a pattern that holds another", { host: "a.test", paths: ["/api/**"] }, get("a.test", { paths: ["/api/v1/*"] })],
  ["a route with a credential, which plain http never gets", { host: "a.test", auth: { scheme: "bearer", tokenRef: "T" } }, egress({ host: "a.test" })],
])("%s is in force already", async (_, route, ask) => {
  expect(await judgeOf({ routes: [route] }).ask(ask)).toEqual({ inForce: "A route that is in force allows this already." });
});

test.each<[string, EgressPolicy["routes"][number], Ask]>([
  ["another host", { host: "a.test" }, get("b.test")],
  ["another method", { host: "a.test", methods: ["GET"] }, get("a.test", { methods: ["GET", "POST"] })],
  ["any method", { host: "a.test", methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] }, egress({ host: "a.test" })],
  ["deeper paths", { host: "a.test", paths: ["/api/*"] }, get("a.test", { paths: ["/api/**"] })],
  ["paths of other depths", { host: "a.test", paths: ["/api/*/*/*"] }, get("a.test", { paths: ["/api/**"] })],
  ["any path", { host: "a.test", paths: ["/", "/*"] }, get("a.test")],
  ["another port", { host: "a.test" }, get("a.test", { ports: [8443] })],
  ["all under a host", { host: "a.test" }, get("*.a.test")],
  ["more than a deny route denies", { host: "a.test", deny: true, paths: ["/admin/**"] }, get("a.test")],
  ["a public address", { host: "a.test" }, get("8.8.8.8")],
])("%s can be asked for", async (_, route, ask) => {
  expect(await judgeOf({ routes: [route] }).ask(ask)).toBeUndefined();
});

test.each<[string, EgressPolicy["routes"], Ask, string]>([
  ["a denied host", [{ host: "*.a.test", deny: true }], get("x.a.test"), "The manifest denies this"],
  ["a denied path", [{ host: "a.test", deny: true, paths: ["/admin/**"] }], get("a.test", { paths: ["/ADMIN/x"] }), "The manifest denies this"],
  ["a private address", [], get("10.1.2.3"), "private or special address"],
  ["this machine", [], get("x.localhost"), "this machine"],
  ["a sidecar", [], get("egress"), "the bottle's own"],
  ["a name that carries data", [], get(`${"0123456789abcdef".repeat(3)}.a.test`), "as if it carried data"],
  ["all under a name that carries data", [], get(`*.${"0123456789abcdef".repeat(3)}.a.test`), "as if it carried data"],
  ["a host that is passed unread", [{ host: "a.test", passthrough: true }], get("a.test"), "passes tunnels"],
  ["one under a host that is passed unread", [{ host: "*.a.test", passthrough: true }], get("x.a.test"), "passes tunnels"],
  ["a push past the gate", [], get("a.test", { methods: ["POST"], paths: ["/x.git/git-receive-pack"] }), "git push"],
  ["plain http where a credential goes", [{ host: "a.test", auth: { scheme: "bearer", tokenRef: "T" } }], egress({ host: "a.test", ports: [80] }), "over https only"],
  ["a path of two meanings", [], get("a.test", { paths: ["/%2e%2e/x"] }), "more than one way"],
])("%s cannot be asked for, and the operator cannot make it so", async (_, routes, ask, why) => {
  const judge = judgeOf({ routes });
  expect(await judge.ask(ask)).toEqual({ refused: expect.stringContaining(why) });
  if (ask.kind === "egress") expect(await judge.grant("egress", ask.route)).toEqual({ refused: expect.stringContaining(why) });
});

test("what a guard refused last is told, until something gets through there; the operator may grant all the same", async () => {
  const denials = rememberDenials();
  const judge = judgeOf({ routes: [] }, { denials });
  for (const layer of ["dlp", "address", "authority", "git", "credential"] as const) {
    denials.take({ decision: "deny", host: "a.test", layer, reason: "secret-found" });
    expect(await judge.ask(get("a.test"))).toEqual({ refused: expect.stringContaining(`(secret-found, layer ${layer})`) });
    expect(await judge.ask(get("b.test"))).toBeUndefined();
    expect(await judge.grant("egress", { host: "a.test" })).toBeUndefined();
    denials.take({ decision: "allow", host: "a.test", layer: "route", reason: "allowed" });
    expect(await judge.ask(get("a.test"))).toBeUndefined();
  }
  denials.take({ decision: "deny", host: "a.test", layer: "route", reason: "websocket-not-allowed" });
  expect(await judge.ask(get("a.test"))).toEqual({ refused: expect.stringContaining("allows no WebSocket") });
  denials.take({ decision: "deny", host: "a.test", layer: "route", reason: "no-route" });
  expect(await judge.ask(get("a.test"))).toBeUndefined();
});

test("a thousand hosts are remembered, the last ones", () => {
  const denials = rememberDenials();
  for (let count = 0; count <= 1000; count += 1) denials.take({ decision: "deny", host: `h${count}.test`, layer: "dlp", reason: "secret-found" });
  expect([denials.last("h0.test"), denials.last("h1.test") === undefined, denials.last("h1000.test")?.layer]).toEqual([undefined, false, "dlp"]);
});

test("the second hop can be asked for hosts that a route allows and it does not let through", async () => {
  const policy: EgressPolicy = { routes: [{ host: "a.test" }, { host: "denied.test", deny: true }] };
  const hop = (host: string): Ask => ({ kind: "pipelock", route: { host, ports: [443], methods: ["GET"] } });
  expect(await judgeOf(policy).ask(hop("a.test"))).toBeUndefined();
  expect(await judgeOf(policy, { isInHop: () => true }).ask(hop("a.test"))).toEqual({ inForce: expect.stringContaining("lets a.test through already") });
  expect(await judgeOf(policy, { isInHop: () => true }).ask(hop("denied.test"))).toEqual({ refused: expect.stringContaining("denies") });
  expect(await judgeOf(policy).ask(hop("b.test"))).toEqual({ refused: expect.stringContaining("egress-block") });
});
