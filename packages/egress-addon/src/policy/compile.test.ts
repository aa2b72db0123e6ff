import { expect, test } from "vitest";
import { EgressError } from "../errors.ts";
import { compilePolicy, routesFor } from "./compile.ts";
import type { EgressPolicy, EgressRoute } from "./model.ts";

const refusal = (route: unknown): string => {
  try {
    compilePolicy({ routes: [route as EgressRoute] });
  } catch (error) {
    return error instanceof EgressError && error.code === "policy-invalid" ? error.message : String(error);
  }
  return "accepted";
};

test.each([
  [{ host: "*" }, "route 1 (*): host must be a name, an IP address, or *.name"],
  [{ host: "" }, "route 1 (): host must be a name, an IP address, or *.name"],
  [{}, "route 1 (no host): host must be a name, an IP address, or *.name"],
  [null, "route 1 (null): must be an object"],
  [{ host: 7 }, "route 1 (no host): host must be a name, an IP address, or *.name"],
  [{ host: "a.b", method: ["GET"] }, "route 1 (a.b): has an unknown key \"method\""],
  [{ host: "a.b", ports: 443 }, "route 1 (a.b): ports must be numbers from 1 to 65535"],
  [{ host: "a.b", methods: "GET" }, "route 1 (a.b): methods must be in upper case"],
  [{ host: "a.b", paths: "/a" }, "route 1 (a.b): paths must be a list of texts"],
  [{ host: "a.b", auth: "T" }, "route 1 (a.b): auth must be an object"],
  [{ host: "a.*" }, "route 1 (a.*): host must be a name, an IP address, or *.name"],
  [{ host: "*.3.4" }, "route 1 (*.3.4): host must be a name, an IP address, or *.name"],
  [{ host: "*.::1" }, "route 1 (*.::1): host must be a name, an IP address, or *.name"],
  [{ host: "*.com", auth: { scheme: "bearer", tokenRef: "T" } }, "route 1 (*.com): a credential cannot go to every host under com; name the domain"],
  [{ host: "*.com.", auth: { scheme: "bearer", tokenRef: "T" } }, "route 1 (*.com.): a credential cannot go to every host under com; name the domain"],
  [{ host: "a.b", ports: [0] }, "route 1 (a.b): ports must be numbers from 1 to 65535"],
  [{ host: "a.b", ports: ["443"] }, "route 1 (a.b): ports must be numbers from 1 to 65535"],
  [{ host: "a.b", methods: ["get"] }, "route 1 (a.b): methods must be in upper case"],
  [{ host: "a.b", paths: ["a"] }, "route 1 (a.b): path \"a\" must start with / and have no dot segments"],
  [{ host: "a.b", auth: { scheme: "bear", tokenRef: "T" } }, "route 1 (a.b): auth scheme must be one of bearer, basic, token, header, query, placeholder, sigv4"],
  [{ host: "a.b", auth: { scheme: "bearer", tokenRef: "" } }, "route 1 (a.b): auth needs a tokenRef"],
  [{ host: "a.b", auth: { scheme: "header", tokenRef: "T" } }, "route 1 (a.b): auth needs a name exactly for header and query"],
  [{ host: "a.b", auth: { scheme: "header", tokenRef: "T", name: "Host" } }, "route 1 (a.b): auth cannot use the header Host"],
  [{ host: "a.b", auth: { scheme: "header", tokenRef: "T", name: "a b" } }, "route 1 (a.b): auth name \"a b\" has forbidden characters"],
  [{ host: "münchen.example" }, "route 1 (münchen.example): host must be written in ASCII: xn--mnchen-3ya.example"],
  [{ host: "*.ＢÜCHER.example" }, "route 1 (*.ＢÜCHER.example): host must be written in ASCII: *.xn--bcher-kva.example"],
  [{ host: "аpple.com" }, "route 1 (аpple.com): host must be written in ASCII: xn--pple-43d.com"],
  [{ host: "ü@a.b" }, "route 1 (ü@a.b): host must be a name, an IP address, or *.name"],
  [{ host: "a.b", auth: { scheme: "bearer", tokenRef: "T", value: "x" } }, "route 1 (a.b): auth has an unknown key \"value\""],
  [{ host: "a.b", auth: { scheme: "placeholder", tokenRef: "T", in: ["cookie"] } }, "route 1 (a.b): auth in must list some of header, url, body"],
  [{ host: "a.b", auth: { scheme: "placeholder", tokenRef: "T", in: [] } }, "route 1 (a.b): auth in must list some of header, url, body"],
  [{ host: "a.b", auth: { scheme: "bearer", tokenRef: "T", in: ["url"] } }, "route 1 (a.b): auth takes in for placeholder only"],
  [{ host: "a.b", auth: { scheme: "basic", tokenRef: "T", region: "eu-west-1" } }, "route 1 (a.b): auth takes region for sigv4 only"],
  [{ host: "a.b", auth: { scheme: "sigv4", tokenRef: "T", service: "s3/x" } }, "route 1 (a.b): auth service must be lower-case letters, digits and -"],
  [{ host: "a.b", auth: { scheme: "sigv4", tokenRef: "T", name: "x" } }, "route 1 (a.b): auth needs a name exactly for header and query"],
  [{ host: "a.b", dlp: "of" }, "route 1 (a.b): dlp must be one of block, warn, off"],
  [{ host: "a.b", dlp: false }, "route 1 (a.b): dlp must be one of block, warn, off"],
  [{ host: "a.b", dlp: {} }, "route 1 (a.b): dlp must be one of block, warn, off"],
  [{ host: "a.b", dlp: ["off"] }, "route 1 (a.b): dlp must be one of block, warn, off"],
  [{ host: "a.b", dlp: { action: "warn", stream: true } }, "route 1 (a.b): dlp has an unknown key \"stream\""],
  [{ host: "a.b", dlp: { action: "block", streaming: "yes" } }, "route 1 (a.b): dlp.streaming must be true or false"],
  [{ host: "a.b", limits: 5 }, "route 1 (a.b): limits must be an object"],
  [{ host: "a.b", limits: { total: 5 } }, "route 1 (a.b): limits has an unknown key \"total\""],
  [{ host: "a.b", limits: { concurrent: 0 } }, "route 1 (a.b): limits.concurrent must be a positive whole number"],
  [{ host: "a.b", limits: { bytesOutPerMinute: 1.5 } }, "route 1 (a.b): limits.bytesOutPerMinute must be a positive whole number"],
  [{ host: "a.b", limits: { requestsPerMinute: Infinity } }, "route 1 (a.b): limits.requestsPerMinute must be a positive whole number"],
  [{ host: "a.b", deny: 1 }, "route 1 (a.b): deny must be true or false"],
  [{ host: "a.b", websocket: "no" }, "route 1 (a.b): websocket must be true or false"],
  [{ host: "a.b", passthrough: "true" }, "route 1 (a.b): passthrough must be true or false"],
  [{ host: "a.b", deny: true, dlp: "off", websocket: false }, "route 1 (a.b): a deny route cannot have dlp, websocket"],
  [{ host: "a.b", deny: true, auth: { scheme: "bearer", tokenRef: "T" }, limits: { concurrent: 1 }, passthrough: true }, "route 1 (a.b): a deny route cannot have auth, limits, passthrough"],
  [{ host: "a.b", deny: true, methods: [] }, "route 1 (a.b): an empty list of methods denies nothing"],
  [{ host: "a.b", passthrough: true, paths: ["/**"], auth: { scheme: "bearer", tokenRef: "T" } }, "route 1 (a.b): a passthrough route cannot have paths, auth, since nothing in its tunnels is read"],
  [{ host: "a.b", passthrough: true, dlp: "warn", methods: ["GET"], websocket: true, limits: { requestsPerMinute: 1, concurrent: 1 } },
    "route 1 (a.b): a passthrough route cannot have methods, websocket, dlp other than off, limits other than concurrent, since nothing in its tunnels is read"],
])("%j is refused with the reason", (route, reason) => {
  expect(refusal(route)).toBe(`The policy was refused: ${reason}.`);
});

test("every problem of a policy is told at once", () => {
  expect(() => compilePolicy({ routes: [{ host: "*" }, { host: "a.b", ports: [0] }] })).toThrow(/route 1 .*; route 2 /);
});

test("an IPv6 route host may be written with or without brackets", () => {
  const policy = compilePolicy({ routes: [{ host: "2001:db8::1" }, { host: "[2001:db8::2]" }] });
  expect(["2001:db8::1", "2001:db8::2", "2001:db8::3"].map((host) => routesFor(policy, host).length)).toEqual([1, 1, 0]);
});

const refusalOf = (policy: unknown): string => {
  try {
    compilePolicy(policy as EgressPolicy);
  } catch (error) {
    return error instanceof EgressError && error.code === "policy-invalid" ? error.message : String(error);
  }
  return "accepted";
};

test.each<[unknown, string]>([
  [null, "it must be an object"],
  ["routes", "it must be an object"],
  [[], "it must be an object"],
  [{}, "routes must be a list"],
  [{ routes: [() => {}] }, "it must be plain data"],
  [{ routes: [], dangerously_allow_all: true }, "it has an unknown key \"dangerously_allow_all\""],
  [{ routes: [], dangerouslyAllowAll: "true" }, "dangerouslyAllowAll must be true or false"],
  [{ routes: [{ host: "*" }], dangerouslyAllowAll: false }, "route 1 (*): host must be a name, an IP address, or *.name"],
  [{ routes: [{ host: "*", auth: { scheme: "bearer", tokenRef: "T" } }], dangerouslyAllowAll: true }, "route 1 (*): a credential cannot go to every host; name the host"],
  [{ routes: [{ host: "*", passthrough: true }], dangerouslyAllowAll: true }, "route 1 (*): tunnels to any host cannot pass unread; name the host"],
])("the policy %j is refused with the reason", (policy, reason) => {
  expect(refusalOf(policy)).toBe(`The policy was refused: ${reason}.`);
});

const granted = (grant: object): object => ({ routes: [{ host: "a.b" }], grants: [{ grant: "p-1", host: "c.d", ...grant }] });

test.each<[unknown, string]>([
  [{ routes: [], grants: {} }, "grants must be a list of objects"],
  [{ routes: [], grants: [null] }, "grants must be a list of objects"],
  [granted({ auth: { scheme: "bearer", tokenRef: "T" } }), "grant 1 (c.d): a grant cannot have \"auth\""],
  [granted({ deny: false }), "grant 1 (c.d): a grant cannot have \"deny\""],
  [granted({ dlp: "off" }), "grant 1 (c.d): a grant cannot have \"dlp\""],
  [granted({ passthrough: true }), "grant 1 (c.d): a grant cannot have \"passthrough\""],
  [granted({ grant: "p 1" }), "grant 1 (c.d): grant must be 1 to 64 letters, digits and -"],
  [granted({ grant: undefined }), "grant 1 (c.d): grant must be 1 to 64 letters, digits and -"],
  [granted({ limits: { requests: 1, concurrent: 1 } }), "grant 1 (c.d): a grant cannot have limits.concurrent"],
  [granted({ limits: { requests: 0 } }), "grant 1 (c.d): limits.requests must be a positive whole number"],
  [granted({ ports: [0] }), "grant 1 (c.d): ports must be numbers from 1 to 65535"],
  [{ ...granted({ host: "*" }), dangerouslyAllowAll: true }, "grant 1 (*): host must be a name, an IP address, or *.name"],
  [{ routes: [], grants: [{ grant: "p-1", host: "a.b" }, { grant: "p-1", host: "c.d" }] }, "grant 2 (c.d): another grant has this name"],
  [{ routes: [{ host: "*.c.d", passthrough: true }], grants: [{ grant: "p-1", host: "x.c.d" }] }, "route 2 (x.c.d): route 1 passes tunnels to the same host and port unread"],
  [{ routes: [{ host: "a.b", passthrough: true, limits: { requests: 1 } }] }, "route 1 (a.b): a passthrough route cannot have limits other than concurrent, since nothing in its tunnels is read"],
])("the policy %j is refused: %s", (policy, reason) => {
  expect(refusalOf(policy)).toBe(`The policy was refused: ${reason}.`);
});

test("a host may be * only in a policy that says so, and comes last", () => {
  const policy = compilePolicy({ routes: [{ host: "*" }, { host: "*.b" }, { host: "a.b" }], dangerouslyAllowAll: true });
  expect(["a.b", "x.b", "c"].map((host) => routesFor(policy, host).map(({ position }) => position))).toEqual([[3, 2, 1], [2, 1], [1]]);
});

const besidePassthrough = (...routes: readonly EgressRoute[]): string => refusalOf({ routes, dangerouslyAllowAll: true });

test.each<[string, readonly EgressRoute[]]>([
  ["route 2 (a.b): route 1 passes tunnels to the same host and port unread", [{ host: "a.b", passthrough: true }, { host: "a.b" }]],
  ["route 1 (A.b.): route 2 passes tunnels to the same host and port unread", [{ host: "A.b." }, { host: "a.B", passthrough: true }]],
  ["route 2 (x.a.b): route 1 passes tunnels to the same host and port unread", [{ host: "*.b", passthrough: true }, { host: "x.a.b", paths: ["/x"] }]],
  ["route 2 (*.a.b): route 1 passes tunnels to the same host and port unread", [{ host: "*.b", passthrough: true }, { host: "*.a.b" }]],
  ["route 1 (a.b): passes tunnels unread in which route 2 denies by method or path; route 2 (a.b): route 1 passes", [{ host: "a.b", passthrough: true }, { host: "a.b", deny: true, methods: ["POST"] }]],
  ["route 1 (a.b): passes tunnels unread in which route 2 denies by method or path", [{ host: "a.b", passthrough: true }, { host: "*.b", deny: true, paths: ["/x"] }]],
  ["route 1 (a.b): passes tunnels unread in which route 2 denies by method or path", [{ host: "a.b", passthrough: true }, { host: "*", deny: true, methods: ["POST"] }]],
])("%s", (problem, routes) => {
  expect(besidePassthrough(...routes)).toContain(`The policy was refused: ${problem}`);
});

test.each<[string, readonly EgressRoute[]]>([
  ["a route on another port", [{ host: "a.b", passthrough: true }, { host: "a.b", ports: [80, 8443] }]],
  ["an exception from a wildcard", [{ host: "a.b", passthrough: true }, { host: "*.b" }]],
  ["an exception from any host", [{ host: "a.b", passthrough: true }, { host: "*" }]],
  ["a denial of the whole host", [{ host: "*.b", passthrough: true }, { host: "a.b", deny: true }]],
  ["another passthrough route", [{ host: "*.b", passthrough: true }, { host: "a.b", passthrough: true, limits: { concurrent: 2 }, dlp: "off" }]],
  ["a denial by path on another port", [{ host: "a.b", passthrough: true }, { host: "a.b", deny: true, ports: [80], paths: ["/x"] }]],
])("%s may stand beside a passthrough route", (_, routes) => {
  expect(besidePassthrough(...routes)).toBe("accepted");
});

test("a policy does not change with the object it was made from", () => {
  const routes = [{ host: "a.b", methods: ["GET"] }];
  const policy = compilePolicy({ routes });
  routes[0]?.methods.push("POST");
  expect(routesFor(policy, "a.b")[0]?.methods).toEqual(new Set(["GET"]));
});
