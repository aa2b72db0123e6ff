import { parseBottle, type BottleManifest } from "@bottle/manifest";
import { expect, test } from "vitest";
import { notInForce } from "./not-in-force.ts";

function bottleOf(yaml: string): BottleManifest {
  const parsed = parseBottle({ file: "bottles/dev.md", text: `---\n${yaml}\n---\n` });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const told = (yaml: string): readonly string[] => notInForce(bottleOf(yaml)).map(({ key, means }) => `${key}: ${means}`);

test.each([
  ["backend: auto", []],
  ["egress: { routes: [{ host: a.test }, { host: b.test, dlp: off }] }", []],
  ["supervise: false\ngit: []", []],
  ["git: [{ name: app, upstream: \"https://git.test/a.git\" }]", []],
  ["supervise: true", ["supervise: true: the agent cannot ask: what no route allows stays refused"]],
  ["egress: { dlp: { engine: builtin, packs: [pii] }, routes: [{ host: a.test, dlp: warn }, { host: b.test, dlp: block }] }", []],
])("%j can be used, and says of each key without effect what that means", (yaml, expected) => {
  expect(told(yaml)).toEqual(expected);
});
