import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { test } from "./testing/dev-bottle.ts";

const cut = (text: string): string => text.slice(0, text.length / 2);
const parsed = (change: (snapshot: { version: number; agent: Record<string, unknown>; bottle: Record<string, unknown> }) => unknown) =>
  (text: string): string => JSON.stringify(change(JSON.parse(text)));

test("a resume with a snapshot that is not what bottle wrote starts nothing, names the file and ends with 3", { timeout: 60_000 }, async ({ rig }) => {
  await rig.agent("echo ran >> runs; wc -l < runs");
  expect(await rig.run(["start", "dev", "--yes"])).toMatchObject({ status: 0, stdout: "1\n" });
  const identity = rig.only();
  const root = join(rig.home, "state", identity);
  const file = join(root, "manifest.json");
  const good = readFileSync(file, "utf8");
  const attempts: readonly (readonly [string, (text: string) => string, string])[] = [
    ["truncated", cut, `${file} cannot be used. manifest.json is not JSON (`],
    ["empty", () => "", "is not JSON (0 characters). It may have been cut short."],
    ["a later version", parsed((whole) => ({ ...whole, version: 2 })), "has version 2; this bottle reads version 1."],
    ["an unknown key", parsed((whole) => ({ ...whole, bottle: { ...whole.bottle, privileged: true } })), "bottle.privileged is unknown."],
    ["every host", parsed((whole) => ({ ...whole, bottle: { ...whole.bottle, egress: { routes: [{ host: "*" }], hosts: {}, caFiles: [], allowPrivate: [], dlp: { engine: "builtin" } } } })), "bottle.egress.routes.0.host has a wrong form."],
    ["another agent", parsed((whole) => ({ ...whole, agent: { ...whole.agent, name: "root" } })), `is of agent "root" (command) in bottle "dev"; ${identity} was started as agent "dev" (command) in bottle "dev".`],
  ];
  const before = statSync(join(root, "metadata.json")).mtimeMs;
  for (const [name, change, said] of attempts) {
    writeFileSync(file, change(good));
    const result = await rig.run(["resume", identity, "--yes"]);
    expect(result, name).toMatchObject({ status: 3, stdout: "" });
    expect(result.stderr, name).toContain(`bottle: ${file} `);
    expect(result.stderr, name).toContain(said);
    expect(result.stderr, name).toContain(`\`bottle apply ${identity}\` still bring its work home; then \`bottle start dev\` starts a new one.`);
    expect((await rig.run(["info", identity])).stdout, name).toContain(`unknown: ${file} `);
  }
  expect(statSync(join(root, "metadata.json")).mtimeMs, "nothing was launched").toBe(before);
  expect(readFileSync(join(root, "workspace/runs"), "utf8")).toBe("ran\n");
  writeFileSync(file, good);
  expect(await rig.run(["resume", identity, "--yes"])).toMatchObject({ status: 0, stdout: "2\n" });
  rmSync(file);
  expect(await rig.run(["resume", identity, "--yes"])).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("has no manifest to resume with") });
});
