import { ownerLabel } from "@bottle/backend-core";
import { expect, test } from "vitest";
import { candidateNames, namesOf, resourceNames } from "./names.ts";

const labelOf = (identity: string): string => ownerLabel("/home/ada/.bottle", identity);

// The engine's own form of container, network and volume names, and the stricter one of compose projects.
const engineForm = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const composeForm = /^[a-z0-9][a-z0-9_-]*$/;

const all = ({ volumes, ...names }: ReturnType<typeof resourceNames>): readonly string[] => [...Object.values(names), ...Object.values(volumes)];

test("every name tells project and role, and the project gives them all back", () => {
  const names = resourceNames({ label: "0123456789ab:demo-abc12" });
  expect(names).toEqual({
    project: "bottle-0123456789ab-demo-abc12",
    agent: "bottle-0123456789ab-demo-abc12-agent",
    sidecars: "bottle-0123456789ab-demo-abc12-sidecars",
    inside: "bottle-0123456789ab-demo-abc12-inside",
    outside: "bottle-0123456789ab-demo-abc12-outside",
    hop: "bottle-0123456789ab-demo-abc12-hop",
    pipelock: "bottle-0123456789ab-demo-abc12-pipelock",
    volumes: {
      home: "bottle-0123456789ab-demo-abc12-home",
      workspace: "bottle-0123456789ab-demo-abc12-workspace",
      shown: "bottle-0123456789ab-demo-abc12-shown",
      sidecars: "bottle-0123456789ab-demo-abc12-sidecars",
      pipelock: "bottle-0123456789ab-demo-abc12-pipelock",
      gate: "bottle-0123456789ab-demo-abc12-gate",
    },
  });
  expect(namesOf(names.project)).toEqual(names);
});

test("the longest identity gives names that engine and compose take", () => {
  for (const names of candidateNames({ label: labelOf(`${"a".repeat(41)}-zzzzz`) })) {
    expect(names.project).toMatch(composeForm);
    for (const name of all(names)) {
      expect(name).toMatch(engineForm);
      expect(name.length).toBeLessThanOrEqual(80);
    }
  }
});

test("there are 99 candidates, the plain one first, each with names of its own", () => {
  const projects = [...candidateNames({ label: "0123456789ab:demo-abc12" })].map(({ project }) => project);
  expect(projects.slice(0, 2)).toEqual(["bottle-0123456789ab-demo-abc12", "bottle-0123456789ab-demo-abc12-2"]);
  expect(projects.at(-1)).toBe("bottle-0123456789ab-demo-abc12-99");
  expect(new Set(projects).size).toBe(99);
});

test("identities that look like another one's role or suffix share no name with it", () => {
  const identities = ["demo-abc12", "demo-abc12-agent", "demo-abc12-shown", "demo-abc12-2-agent", "demo-abc12-99-shown", "demo-abc12-2-abc12"];
  const every = identities.flatMap((identity) => [...candidateNames({ label: labelOf(identity) })]);
  const containers = every.flatMap(({ agent, sidecars }) => [agent, sidecars]);
  const volumes = every.flatMap((names) => Object.values(names.volumes));
  const networks = every.flatMap(({ inside, outside }) => [inside, outside]);
  for (const names of [containers, volumes, networks]) expect(new Set(names).size).toBe(names.length);
});

test.each([
  "../../../../x:demo-abc12", "0123456789ab:demo -abc12", "0123456789ab:Demo-abc12", "0123456789ab:demo-abc12:x", "0123456789ab", "0123456789ab:-f\n",
])("a label like %j gives no names", (label) => {
  expect(() => resourceNames({ label })).toThrow(`"${label}" cannot be part of a container's name.`);
});
