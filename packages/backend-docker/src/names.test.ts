import { ownerLabel } from "@bottle/backend-core";
import { expect, test } from "vitest";
import { candidateNames, resourceLabels, resourceNames } from "./names.ts";

const home = ownerLabel("/home/ada/.bottle", "").slice(0, 12);
const longest = { home, identity: `${"a".repeat(41)}-zzzzz` };

// The engine's own form of container, network and volume names, and the stricter one of compose projects.
const engineForm = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const composeForm = /^[a-z0-9][a-z0-9_-]*$/;

const all = ({ volumes, ...names }: ReturnType<typeof resourceNames>): readonly string[] => [...Object.values(names), ...Object.values(volumes)];

test("every name tells project and role", () => {
  expect(resourceNames({ home: "0123456789ab", identity: "demo-abc12" })).toEqual({
    project: "bottle-0123456789ab-demo-abc12",
    agent: "bottle-0123456789ab-demo-abc12-agent",
    sidecars: "bottle-0123456789ab-demo-abc12-sidecars",
    inside: "bottle-0123456789ab-demo-abc12-inside",
    outside: "bottle-0123456789ab-demo-abc12-outside",
    volumes: {
      home: "bottle-0123456789ab-demo-abc12-home",
      workspace: "bottle-0123456789ab-demo-abc12-workspace",
      shown: "bottle-0123456789ab-demo-abc12-shown",
      sidecars: "bottle-0123456789ab-demo-abc12-sidecars",
    },
  });
});

test("the longest identity gives names that engine and compose take", () => {
  for (const names of candidateNames(longest)) {
    expect(names.project).toMatch(composeForm);
    for (const name of all(names)) {
      expect(name).toMatch(engineForm);
      expect(name.length).toBeLessThanOrEqual(80);
    }
  }
});

test("there are 99 candidates, the plain one first, each with names of its own", () => {
  const projects = [...candidateNames({ home, identity: "demo-abc12" })].map(({ project }) => project);
  expect(projects.slice(0, 2)).toEqual([`bottle-${home}-demo-abc12`, `bottle-${home}-demo-abc12-2`]);
  expect(projects.at(-1)).toBe(`bottle-${home}-demo-abc12-99`);
  expect(new Set(projects).size).toBe(99);
});

test("identities that look like another one's role or suffix share no name with it", () => {
  const identities = ["demo-abc12", "demo-abc12-agent", "demo-abc12-shown", "demo-abc12-2-agent", "demo-abc12-99-shown", "demo-abc12-2-abc12"];
  const containers = identities.flatMap((identity) => [...candidateNames({ home, identity })].flatMap(({ agent, sidecars }) => [agent, sidecars]));
  const volumes = identities.flatMap((identity) => [...candidateNames({ home, identity })].flatMap((names) => Object.values(names.volumes)));
  const networks = identities.flatMap((identity) => [...candidateNames({ home, identity })].flatMap(({ inside, outside }) => [inside, outside]));
  for (const names of [containers, volumes, networks]) expect(new Set(names).size).toBe(names.length);
});

test("labels tell the owner as everywhere else in bottle", () => {
  expect(resourceLabels({ home, identity: "demo-abc12" })).toEqual({
    "bottle.owned": ownerLabel("/home/ada/.bottle", "demo-abc12"), "bottle.identity": "demo-abc12", "bottle.home": home,
  });
});

test.each([
  ["another home's form", { home: "../x", identity: "demo-abc12" }, '"../x" cannot be part of a container\'s name.'],
  ["an identity with a blank", { home: "0123456789ab", identity: "demo -abc12" }, '"demo -abc12" cannot be part of a container\'s name.'],
  ["an identity in upper case", { home: "0123456789ab", identity: "Demo-abc12" }, '"Demo-abc12" cannot be part of a container\'s name.'],
])("%s is refused", (_, parts, message) => {
  expect(() => resourceNames(parts)).toThrow(message);
  expect(() => resourceLabels(parts)).toThrow(message);
});
