import type { AskedRoute, Route } from "@bottle/manifest";
import { describe, expect, test } from "vitest";
import { additionOf } from "./additions.ts";

const sentence = (route: AskedRoute, ...inForce: readonly Route[]): string => additionOf(route, inForce).sentence;

describe("where nothing was allowed", () => {
  test.each<readonly [AskedRoute, string]>([
    [{ host: "a.example.com", methods: ["GET"], ports: [443], paths: ["/v1/x"] }, "adds GET on https://a.example.com/v1/x"],
    [{ host: "a.example.com", methods: ["GET", "HEAD", "POST"], paths: ["/v1/**"] }, "adds GET, HEAD and POST on http(s)://a.example.com/v1/**"],
    [{ host: "a.example.com", paths: ["/a", "/b"] }, "adds any method on http(s)://a.example.com, path /a and /b"],
    [{ host: "a.example.com", ports: [443, 8443] }, "adds any method on https://a.example.com and a.example.com:8443, any path"],
    [{ host: "::1", ports: [80], methods: ["PUT"], paths: ["/"] }, "adds PUT on http://[::1]/"],
  ])("%j: %s", (route, expected) => {
    expect(sentence(route, { host: "b.example.com" }, { host: "example.com" })).toBe(`${expected}; nothing was allowed on this host before`);
  });

  test("hosts that only look alike count as others", () => {
    for (const host of ["xa.example.com", "*.a.example.com", "example.com.evil.net"]) expect(sentence({ host: "a.example.com" }, { host })).toContain("nothing was allowed");
  });
});

describe("where something is in force", () => {
  const route: AskedRoute = { host: "a.example.com", methods: ["GET", "POST"], paths: ["/v1"] };

  test.each<readonly [string, Route, string]>([
    ["one of its methods", { host: "a.example.com", methods: ["GET"] }, "adds POST on http(s)://a.example.com/v1; some was allowed on this host before"],
    ["another path", { host: "a.example.com", paths: ["/v2"] }, "adds GET and POST on http(s)://a.example.com/v1; some was allowed on this host before"],
    ["another port", { host: "a.example.com", ports: [443] }, "adds GET and POST on http(s)://a.example.com/v1; some was allowed on this host before"],
    ["all of it", { host: "a.example.com" }, "adds nothing: GET and POST on http(s)://a.example.com/v1 is allowed already"],
    ["all, by a wildcard", { host: "*.example.com", paths: ["/**"] }, "adds nothing: GET and POST on http(s)://a.example.com/v1 is allowed already"],
    ["all hosts", { host: "*" }, "adds nothing: GET and POST on http(s)://a.example.com/v1 is allowed already"],
  ])("%s", (_, inForce, expected) => {
    expect(sentence(route, inForce)).toBe(expected);
  });

  test("parts that two routes allow between them are told as allowed", () => {
    expect(sentence(route, { host: "a.example.com", methods: ["GET"] }, { host: "a.example.com", methods: ["POST"], paths: ["/v1"] })).toContain("adds nothing");
  });

  test("a route that refuses allows nothing, and is told", () => {
    const addition = additionOf(route, [{ host: "a.example.com", deny: true, paths: ["/v1/admin"] }]);
    expect(addition.sentence).toContain("nothing was allowed on this host before");
    expect(addition.before).toEqual(["NEVER any method a.example.com /v1/admin"]);
  });

  test("a wildcard is told with the hosts of it that were allowed", () => {
    const addition = additionOf({ host: "*.example.com", methods: ["GET"] }, [{ host: "a.example.com" }, { host: "example.com" }]);
    expect(addition.sentence).toBe("adds GET on http(s)://*.example.com, any path; some was allowed on these hosts before");
    expect(addition.before).toEqual(["any method a.example.com any path"]);
  });
});

test("what is wide about a route is said", () => {
  const careful = (route: AskedRoute): readonly string[] => additionOf(route, []).careful;
  expect(careful({ host: "a.example.com", methods: ["GET"], paths: ["/a"] })).toEqual([]);
  expect(careful({ host: "*.xn--bcher-kva.example", ports: [22] })).toEqual([
    "every subdomain of xn--bcher-kva.example, whoever they belong to", "a name in other letters than a-z: it may look like another one",
    "any method, those that write and delete included", "any path", "other ports than the web's",
  ]);
  expect(careful({ host: "10.0.0.1", methods: ["GET"], paths: ["/a"] })).toEqual(["an address, not a name"]);
});
