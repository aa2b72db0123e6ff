import { expect, test } from "vitest";
import { EgressError } from "../errors.ts";
import { compilePolicy, routesFor } from "./compile.ts";
import type { EgressRoute } from "./model.ts";

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

test("a policy does not change with the object it was made from", () => {
  const routes = [{ host: "a.b", methods: ["GET"] }];
  const policy = compilePolicy({ routes });
  routes[0]?.methods.push("POST");
  expect(routesFor(policy, "a.b")[0]?.methods).toEqual(new Set(["GET"]));
});
