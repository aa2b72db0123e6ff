import { parseBottle, type BottleManifest } from "@bottle/manifest";
import { expect, test } from "vitest";
import { notInForce, unmetDemands } from "./not-in-force.ts";

function bottleOf(yaml: string): BottleManifest {
  const parsed = parseBottle({ file: "bottles/dev.md", text: `---\n${yaml}\n---\n` });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

const told = (yaml: string): readonly string[] => notInForce(bottleOf(yaml)).map(({ key, means }) => `${key}: ${means}`);
const refused = (yaml: string): readonly string[] => unmetDemands(bottleOf(yaml)).map(({ line, column, message }) => `${line}:${column} ${message}`);

test.each([
  ["backend: auto", []],
  ["egress: { routes: [{ host: a.test }, { host: b.test, dlp: off }] }", []],
  ["supervise: false\ngit: []", []],
  ["git: [{ name: app, upstream: \"https://git.test/a.git\" }]", ["git: app: the git gate is not in this version: no push is possible"]],
  ["supervise: true", ["supervise: true: the agent cannot ask: what no route allows stays refused"]],
  ["egress: { dlp: { engine: builtin, packs: [pii] }, routes: [{ host: a.test, dlp: warn }, { host: b.test, dlp: block }] }", []],
])("%j can be used, and says of each key without effect what that means", (yaml, expected) => {
  expect([told(yaml), refused(yaml)]).toEqual([expected, []]);
});

test.each([
  ["egress:\n  dlp:\n    engine: pipelock", "4:13 `engine: pipelock` cannot be kept: in this version no pipelock is started for a bottle."],
  ["egress: { dlp: { engine: both } }", "2:26 `engine: both` cannot be kept: in this version no pipelock is started for a bottle."],
])("%j is refused at its place: it demands what is not done", (yaml, expected) => {
  expect(refused(yaml)).toEqual([expected]);
});
