import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isIdentity, labelledProcesses, ownerLabel } from "@bottle/backend-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBottleRig, type BottleRig } from "./testing/run-bottle.ts";

let rig: BottleRig;
beforeEach(async () => {
  rig = await createBottleRig();
  await rig.write("bottles/dev.md", "---\n---\n");
});
afterEach(async () => {
  await rig.run(["stop", "--all"]);
  for (const identity of identities().filter(isIdentity)) expect(await labelledProcesses(ownerLabel(rig.home, identity)), identity).toEqual([]);
  await rig[Symbol.asyncDispose]();
});

const agent = (script: string): Promise<void> => rig.write("agents/dev.md", `---\nkind: command\nbottle: dev\ncommand: [/bin/sh, -c, ${JSON.stringify(script)}, agent]\n---\n`);
const identities = (): readonly string[] => (existsSync(join(rig.home, "state")) ? readdirSync(join(rig.home, "state")) : []);
const only = (): string => {
  expect(identities()).toHaveLength(1);
  return identities()[0] ?? "";
};
const listed = async (): Promise<readonly { readonly identity: string; readonly status: string }[]> => JSON.parse((await rig.run(["list", "--json"])).stdout);

describe("without a terminal", { timeout: 60_000 }, () => {
  test("the agent's streams, arguments and exit status come through, and the way on is told", async () => {
    await agent(`read line; echo "got $line and $*"; echo complaint >&2; exit 7`);
    const result = await rig.run(["start", "dev", "--yes", "--", "--flag", "a b"], { input: "input\n" });
    expect(result).toMatchObject({ status: 7, stdout: "got input and --flag a b\n" });
    expect(result.stderr).toContain("complaint\n");
    expect(result.stderr).toContain(`bottle resume ${only()}`);
    expect(await listed()).toMatchObject([{ status: "stopped" }]);
  });

  test("a resumed agent finds its home and its workspace, and diff and apply bring its work home", async () => {
    writeFileSync(join(rig.project, "a.txt"), "one\n");
    await agent("echo run >> ~/runs; cat ~/runs | wc -l >> a.txt");
    expect((await rig.run(["start", "dev", "--yes"])).status).toBe(0);
    expect((await rig.run(["resume", only(), "--yes"])).status).toBe(0);
    expect((await rig.run(["diff", only()])).stdout).toBe("M a.txt\n\na.txt\n@@ -1 +1,3 @@\n one\n+1\n+2\n");
    expect(readFileSync(join(rig.project, "a.txt"), "utf8")).toBe("one\n");
    expect(await rig.run(["apply", only()])).toMatchObject({ status: 1, stderr: expect.stringContaining("Nobody can be asked here") });
    expect(await rig.run(["apply", only(), "--yes"])).toMatchObject({ status: 0, stderr: "1 change brought home.\n" });
    expect(readFileSync(join(rig.project, "a.txt"), "utf8")).toBe("one\n1\n2\n");
  });

  test("hooks and settings stay behind with --yes, and come with a consent of their own", async () => {
    await agent("mkdir -p .claude; echo '{}' > .claude/settings.json; echo x > x.txt");
    await rig.run(["start", "dev", "--yes"]);
    const kept = await rig.run(["apply", only(), "--yes"]);
    expect([kept.status, readdirSync(rig.project)]).toEqual([1, ["x.txt"]]);
    expect(kept.stderr).toContain("stayed behind: .claude/settings.json: programs on this machine obey it; --include-executable-config brings it");
    expect((await rig.run(["apply", only(), "--yes", "--include-executable-config"])).status).toBe(0);
    expect(readdirSync(rig.project).sort()).toEqual([".claude", "x.txt"]);
  });

  test("info and logs say what a bottle may and did do", async () => {
    await rig.write("bottles/dev.md", "---\nworkspace: none\negress: { routes: [{ host: api.example.com, methods: [GET], paths: [/v1/x] }] }\n---\n");
    await agent("curl -s http://elsewhere.example.com/hello > /dev/null; true");
    await rig.run(["start", "dev", "--yes"]);
    expect((await rig.run(["info", only()])).stdout).toContain("GET api.example.com /v1/x");
    const { stdout } = await rig.run(["logs", only(), "--denied"]);
    expect(stdout).toMatch(/^\S+Z {2}deny {3}GET elsewhere\.example\.com:80\/hello {2}403 /);
  });

  test("SIGTERM ends agent and bottle in order, and says so by its status", async () => {
    await agent("trap '' TERM; echo up; sleep 100");
    const child = rig.start(["start", "dev", "--yes"]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    child.kill("SIGTERM");
    expect(await ended).toBe(143);
    expect(await listed()).toMatchObject([{ status: "stopped" }]);
  });
});

test("cleanup removes what a launch left that was killed before it began, and nothing that has metadata it cannot read", { timeout: 60_000 }, async () => {
  await rig.write("state/dev-00000/metadata.json.1.abc.tmp", "{");
  await rig.write("state/dev-11111/metadata.json", "not JSON");
  await rig.write("state/notes/mine.txt", "mine");
  const { status, stdout } = await rig.run(["cleanup", "--yes"]);
  expect([status, stdout.split("\n").filter((line) => line.startsWith("dev-"))]).toEqual([0, [
    "dev-00000: its launch was ended before it began; it is removed", "dev-11111: its metadata cannot be read; what it left running is ended, its folder stays",
  ]]);
  expect(readdirSync(join(rig.home, "state")).sort()).toEqual(["dev-11111", "notes"]);
});
