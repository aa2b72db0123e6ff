import { canonicalHost } from "@bottle/way-out";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePolicy } from "./compile.ts";
import { decide, type Decision, type DecisionRequest, decideTunnel } from "./decide.ts";
import { explain } from "./explain.ts";
import { formatExplanation } from "./format-explanation.ts";
import type { EgressRoute } from "./model.ts";
import { compilePattern, matchesPath } from "./pattern.ts";
import { readTarget } from "./target.ts";

const runs = { numRuns: 400 };
// Where many of the cases made are left out.
const fewRuns = { numRuns: 150 };
// Small alphabets, so that routes and requests meet often.
const host = fc.constantFrom("a.test", "b.a.test", "c.b.a.test", "test.test", "192.0.2.1");
const segment = fc.constantFrom("a", "b", "A", "", "a;x", "a.b", "é", "a b");
const pattern = fc.array(fc.constantFrom("a", "b", "*", "**", "a*", "é", ""), { maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
const narrowing = {
  ports: fc.subarray([80, 443, 8443], { minLength: 1 }),
  methods: fc.subarray(["GET", "POST", "DELETE"], { minLength: 1 }),
  paths: fc.array(pattern, { minLength: 1, maxLength: 3 }),
};
const named = fc.oneof(host, host.map((name) => name.includes("192") ? name : `*.${name}`), fc.constant("*.test"));
const allowing = fc.record(
  { host: named, ...narrowing, websocket: fc.boolean(), tokenRef: fc.constantFrom("T1", "T2", "T3") },
  { requiredKeys: ["host"] },
).map(({ tokenRef, ...route }): EgressRoute =>
  tokenRef === undefined || route.host === "*.test" ? route : { ...route, auth: { scheme: "bearer", tokenRef } });
const denying = fc.record({ host: named, ...narrowing }, { requiredKeys: ["host"] }).map((route): EgressRoute => ({ ...route, deny: true }));
const request: fc.Arbitrary<DecisionRequest> = fc.record({
  host, port: fc.constantFrom(80, 443, 8443), method: fc.constantFrom("GET", "POST", "DELETE"), secure: fc.boolean(), websocket: fc.boolean(),
  path: fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.map((part) => encodeURIComponent(part).replaceAll("%3B", ";")).join("/")}`),
});
const decideBy = (routes: readonly EgressRoute[], asked: DecisionRequest): Decision => decide(compilePolicy({ routes }), asked);

test("every input has an answer, and a quick one", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }), fc.string({ unit: fc.constantFrom("\ud800", "\udfff", "\0", "\r", "%", "2", "e", "/", ";", ".", "a", "*"), maxLength: 60 }),
    fc.tuple(fc.constantFrom("%25", "/", ";", "%2f", "a", ".", "%CC%81%CC%A3", "%", "\ud800", "%EF%BC%8F", "%20", "a."), fc.constantFrom(10, 1_000)).map(([unit, times]) => unit.repeat(times)),
  );
  const policy = compilePolicy({ dangerouslyAllowAll: true, routes: [{ host: "*", paths: ["/**/a*b*/**", "/*"] }, { host: "*", deny: true, paths: ["/**/x*y/**/z"] }] });
  const anything = fc.record({
    host: fc.oneof(text, host), port: fc.oneof(fc.double(), fc.integer(), fc.constant(443)), method: fc.oneof(text, fc.constant("GET")),
    path: text.chain((tail) => fc.constantFrom(tail, `/${tail}`, `/a?${tail}`)), secure: fc.boolean(), websocket: fc.boolean(),
  });
  fc.assert(fc.property(anything, (asked) => {
    const startedAt = process.threadCpuUsage();
    expect(["allow", "deny"]).toContain(decide(policy, asked).decision);
    expect(process.threadCpuUsage(startedAt).user).toBeLessThan(1_000_000);
    expect(["allow", "deny"]).toContain(decideTunnel(policy, asked).decision);
    expect(formatExplanation(explain(policy, asked))).toMatch(/^[\x20-\x7e\n]+\n$/);
  }), runs);
});

test.each([
  "a", "/", "/a", "/;a", "/a;", "%2f", "%25", "%2525", ".", "%20", "a.", "%CC%81", "%CC%81%CC%A3", "%EF%B7%BA", "%E2%80%A5", "%EF%BC%8F", "%ff", "/%2e", "?", "git-receive-pack", "%67",
])("a path of 100 kB of %j is decided without delay", (unit) => {
  const policy = compilePolicy({ routes: [{ host: "a.test", paths: ["/**/a*b*c/**", "/**"] }, { host: "a.test", deny: true, paths: ["/**/x/**/y*z", "/**/a*.b*c"] }] });
  const body = unit.repeat(Math.ceil(100_000 / unit.length));
  const half = Math.floor(body.length / 2);
  const startedAt = process.threadCpuUsage();
  for (const path of [`/${body}`, `/${body}x`, `/?${body}`, `/%CC%81${body.slice(half)}`, `/${body.slice(half)}${"%CC%A3".repeat(8_000)}`]) {
    expect(["allow", "deny"]).toContain(decide(policy, { host: "a.test", port: 443, method: "POST", path, secure: true }).decision);
  }
  // Five such paths take some 0.3 s of this thread; what was quadratic took 6 s for one.
  expect(process.threadCpuUsage(startedAt).user).toBeLessThan(4_000_000);
});

test("a grant changes no answer but a plain miss, and then allows what it names", () => {
  const granting = fc.record({ host: named, ...narrowing }, { requiredKeys: ["host"] });
  let added = 0;
  fc.assert(fc.property(fc.array(fc.oneof(allowing, denying), { maxLength: 5 }), granting, request, (routes, route, asked) => {
    const before = decideBy(routes, asked);
    const after = decide(compilePolicy({ routes, grants: [{ grant: "p-1", ...route }] }), asked);
    const alone = decideBy([route], asked);
    if (before.decision === "deny" && before.retry === "ask" && before.reason !== "websocket-not-allowed" && alone.decision === "allow") {
      added += 1;
      expect(after).toMatchObject({ decision: "allow", route: { grant: "p-1" } });
    } else if (before.decision === "allow" || before.retry !== "ask") {
      expect(after).toEqual(before);
    } else {
      expect(after.decision).toBe("deny");
    }
  }), runs);
  expect(added).toBeGreaterThan(5);
});

test("a deny route holds whatever routes are added, and wherever", () => {
  let held = 0;
  fc.assert(fc.property(denying, fc.array(fc.oneof(allowing, denying), { maxLength: 6 }), fc.nat(), request, (deny, routes, at, asked) => {
    const alone = decideBy([deny], asked);
    fc.pre(alone.decision === "deny" && alone.reason === "route-denied");
    held += 1;
    const index = at % (routes.length + 1);
    expect(decideBy([...routes.slice(0, index), deny, ...routes.slice(index)], asked)).toMatchObject({ decision: "deny", reason: "route-denied" });
  }), fewRuns);
  expect(held).toBe(fewRuns.numRuns);
});

test("a deny route refuses at least what the same words would allow", () => {
  fc.assert(fc.property(denying, request, (deny, asked) => {
    const { deny: _, ...allow } = deny;
    if (decideBy([allow], { ...asked, websocket: false }).decision === "allow") expect(decideBy([deny, allow], asked)).toMatchObject({ reason: "route-denied" });
  }), runs);
});

test("an added route changes no decision of a more specific host, so no request gets another's credential", () => {
  const ladder = ["c.b.a.test", "*.b.a.test", "*.a.test", "*.test"];
  const rungs = fc.subarray(ladder, { minLength: 2, maxLength: 2 });
  fc.assert(fc.property(fc.array(allowing, { maxLength: 5 }), allowing, rungs, request, (others, added, [narrow = "", wide = ""], asked) => {
    const routes = [...others, { host: narrow }];
    const { auth, ...bare } = added;
    const wider = { ...bare, host: wide, ...(auth === undefined || wide === "*.test" ? {} : { auth }) };
    const sent = { ...asked, host: "c.b.a.test", port: 443 };
    const before = decideBy(routes, sent);
    expect(before.decision).toBe("allow");
    for (const all of [[wider, ...routes], [...routes, wider]]) expect(decideBy(all, sent)).toEqual(before);
  }), runs);
});

test("an added allowing route never turns an allowed request into a refused one", () => {
  fc.assert(fc.property(fc.array(allowing, { minLength: 1, maxLength: 6 }), allowing, request, (routes, added, asked) => {
    fc.pre(decideBy(routes, asked).decision === "allow");
    expect(decideBy([added, ...routes], asked).decision).toBe("allow");
  }), fewRuns);
});

test("every spelling of a host is decided alike", () => {
  const flags = fc.array(fc.boolean(), { minLength: 12, maxLength: 12 });
  fc.assert(fc.property(fc.array(fc.oneof(allowing, denying), { maxLength: 6 }), request, flags, fc.boolean(), (routes, asked, upper, isDotted) => {
    const cased = [...asked.host].map((char, index) => upper[index] === true ? char.toUpperCase() : char).join("");
    const spelled = asked.host.includes("192") || !isDotted ? cased : `${cased}.`;
    expect(decideBy(routes, { ...asked, host: spelled })).toEqual(decideBy(routes, asked));
  }), runs);
});

test("all readings of an allowed path fit the route that allows it", () => {
  let compared = 0;
  fc.assert(fc.property(fc.array(allowing, { minLength: 1, maxLength: 4 }), request, (routes, asked) => {
    const decision = decideBy(routes, asked);
    fc.pre(decision.decision === "allow" && decision.route.paths !== undefined);
    compared += 1;
    const patterns = (decision.decision === "allow" ? decision.route.paths ?? [] : []).map((text) => compilePattern(text) ?? []);
    for (const reading of readTarget(asked.path)?.readings ?? [["unread"]]) expect(patterns.some((one) => matchesPath(one, reading))).toBe(true);
  }), fewRuns);
  expect(compared).toBe(fewRuns.numRuns);
});

test("what is allowed in some percent-encoding is allowed plain, and what is denied plain is denied in every encoding", () => {
  const encode = (path: string, which: readonly boolean[]): string =>
    [...path].map((char, index) => index > 0 && which[index % which.length] === true && !char.startsWith("%") ? `%${char.charCodeAt(0).toString(16).padStart(2, "0")}` : char).join("");
  const plainPath = fc.array(fc.constantFrom("a", "b", "ab", "a;x", ""), { maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
  fc.assert(fc.property(fc.array(fc.oneof(allowing, denying), { minLength: 1, maxLength: 5 }), request, plainPath, fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), (routes, asked, path, which) => {
    const encoded = decideBy(routes, { ...asked, path: encode(path, which) });
    const plain = decideBy(routes, { ...asked, path });
    if (encoded.decision === "allow") expect(plain.decision).toBe("allow");
    if (plain.decision === "deny" && plain.reason === "route-denied") expect(encoded).toMatchObject({ reason: "route-denied" });
  }), runs);
});

test("normalising twice changes nothing", () => {
  const hostLike = fc.oneof(host, fc.domain(), fc.ipV4(), fc.ipV6(), fc.ipV6().map((address) => `[${address}]`), fc.string({ unit: "binary", maxLength: 30 }), fc.domain().map((name) => `${name.toUpperCase()}.`));
  fc.assert(fc.property(hostLike, (text) => {
    const once = canonicalHost(text);
    if (once !== undefined) expect(canonicalHost(once)).toBe(once);
  }), runs);
  fc.assert(fc.property(fc.oneof(fc.webPath(), request.map(({ path }) => path), fc.webUrl({ withQueryParameters: true }).map((url) => url.replace(/^.*?\/\/[^/]*/, ""))), (path) => {
    const once = readTarget(path);
    if (once !== undefined) expect(readTarget(once.path + once.query)).toEqual(once);
  }), runs);
});
