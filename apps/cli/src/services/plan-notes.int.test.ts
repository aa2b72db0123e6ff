import { existsSync, readdirSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createBottleRig, type BottleRig } from "../testing/run-bottle.ts";

async function rigWith(bottle: string): Promise<BottleRig> {
  const rig = await createBottleRig();
  await rig.write("agents/dev.md", "---\nkind: command\nbottle: dev\ncommand: [/bin/true]\n---\n");
  await rig.write("bottles/dev.md", `---\nworkspace: none\n${bottle}\n---\n`);
  return rig;
}

test("the plan says that the agent may ask, to people and to programs, and of other bottles nothing", { timeout: 60_000 }, async () => {
  await using rig = await rigWith("supervise: true");
  const shown = await rig.run(["start", "dev", "--dry-run"]);
  expect(shown).toMatchObject({ status: 0, stderr: "" });
  expect(shown.stdout).toContain("  may ask    for more while it runs, and you decide: `bottle proposals`\n             A command has no MCP configuration");
  expect(JSON.parse((await rig.run(["start", "dev", "--dry-run", "--json"])).stdout)).toMatchObject({ supervise: true });
  expect(await rig.run(["start", "dev", "--yes", "--backend", "bubblewrap"])).toMatchObject({ status: 0, stderr: expect.stringContaining("may ask    for more") });
  const [identity = ""] = readdirSync(join(rig.home, "state"));
  expect((await rig.run(["info", identity])).stdout).toMatch(/^may ask +for more while it runs/m);
  await rig.write("bottles/dev.md", "---\nworkspace: none\n---\n");
  expect((await rig.run(["start", "dev", "--dry-run"])).stdout).not.toContain("may ask");
  expect(JSON.parse((await rig.run(["start", "dev", "--dry-run", "--json"])).stdout)).toMatchObject({ supervise: false });
});

test("a pipelock that is not there starts nothing: it ends with 3 and the mend", { timeout: 60_000 }, async () => {
  await using rig = await rigWith("egress: { dlp: { engine: pipelock } }");
  for (const flags of [["--yes"], ["--dry-run", "--json"], ["--yes", "--backend", "bubblewrap"]]) {
    const result = await rig.run(["start", "dev", ...flags]);
    expect(result).toMatchObject({ status: 3, stdout: "" });
    expect(result.stderr).toContain("no program pipelock is on your PATH");
    expect(result.stderr).toContain("engine: builtin");
  }
  expect(existsSync(join(rig.home, "state"))).toBe(false);
});

test("what a pipelock (a stand-in here) does not see is said by the plan and by info", { timeout: 60_000 }, async () => {
  await using rig = await rigWith("egress: { dlp: { engine: pipelock }, routes: [{ host: a.test, passthrough: true }, { host: b.test, auth: { scheme: bearer, token_ref: T } }, { host: c.test }] }");
  const program = fileURLToPath(new URL("testing/pipelock-stand-in.ts", import.meta.resolve("@bottle/egress-addon")));
  await rig.write("bin/pipelock", `#!/bin/sh\nexec '${process.execPath}' --conditions=@bottle/source '${program}' "$@"\n`);
  await chmod(join(rig.home, "bin/pipelock"), 0o755);
  const env = { PATH: `${rig.home}/bin:${process.env["PATH"]}`, T: "a-value-of-the-operator" };
  const sentences = [
    "pipelock does not scan b.test: a credential is injected there, which it would take for a leak.",
    "pipelock does not scan a.test: its route lets TLS through unread.",
  ];
  const { stdout } = await rig.run(["start", "dev", "--dry-run"], { env });
  expect(stdout).toContain(`  unscanned  ${sentences.join(`\n${" ".repeat(13)}`)}\n`);
  expect(JSON.parse((await rig.run(["start", "dev", "--dry-run", "--json"], { env })).stdout).unscanned).toEqual(expect.arrayContaining(sentences));
  expect(await rig.run(["start", "dev", "--yes"], { env })).toMatchObject({ status: 0 });
  const [identity = ""] = readdirSync(join(rig.home, "state"));
  const told = await rig.run(["info", identity], { env });
  for (const sentence of sentences) expect(told.stdout).toContain(sentence);
});
