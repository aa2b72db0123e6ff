import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { test } from "./testing/dev-bottle.ts";

describe("without a terminal", { timeout: 60_000 }, () => {
  test("the agent's streams, arguments and exit status come through, the way on is told, and nothing stays running", async ({ rig }) => {
    await rig.agent(`read line; echo "got $line and $*"; echo complaint >&2; exit 7`);
    const result = await rig.run(["start", "dev", "--yes", "--", "--flag", "a b"], { input: "input\n" });
    expect(result).toMatchObject({ status: 7, stdout: "got input and --flag a b\n" });
    expect(result.stderr).toContain("complaint\n");
    const { fingerprint256 } = new X509Certificate(readFileSync(join(rig.home, "state", rig.only(), "shown/ca.pem")));
    expect(result.stderr, "the CA the bottle trusts").toContain(`\n  ca         SHA-256 ${fingerprint256}\n`);
    expect(result.stderr).toContain(`bottle resume ${rig.only()}`);
    expect(await rig.list()).toMatchObject([{ status: "stopped" }]);
    expect(await rig.metadata(rig.only())).toMatchObject({ status: "stopped", exitCode: 7 });
    expect(await rig.processes(rig.only())).toEqual([]);
  });

  test("a resumed agent finds its home and its workspace, and diff and apply bring its work home", async ({ rig }) => {
    writeFileSync(join(rig.project, "a.txt"), "one\n");
    await rig.agent("echo run >> ~/runs; cat ~/runs | wc -l >> a.txt; echo said; exit 7");
    expect(await rig.run(["start", "dev", "--yes"])).toMatchObject({ status: 7, stdout: "said\n" });
    expect(await rig.run(["resume", rig.only(), "--yes"])).toMatchObject({ status: 7, stdout: "said\n" });
    expect((await rig.run(["diff", rig.only()])).stdout).toBe("M a.txt\n\na.txt\n@@ -1 +1,3 @@\n one\n+1\n+2\n");
    expect(readFileSync(join(rig.project, "a.txt"), "utf8")).toBe("one\n");
    expect(await rig.run(["apply", rig.only()])).toMatchObject({ status: 1, stderr: expect.stringContaining("Nobody can be asked here") });
    expect(await rig.run(["apply", rig.only(), "--yes"])).toMatchObject({ status: 0, stderr: "1 change brought home.\n" });
    expect(readFileSync(join(rig.project, "a.txt"), "utf8")).toBe("one\n1\n2\n");
  });

  test("a flood of refusals is told as a count, and none of them is lost in it", async ({ rig }) => {
    await rig.agent("for i in $(seq 30); do curl -sS -o /dev/null http://nowhere.example.com/$i; done");
    const { stderr } = await rig.run(["start", "dev", "--yes"]);
    expect(stderr).toContain("30 denied");
    const { stdout } = await rig.run(["logs", rig.only(), "--denied"]);
    expect(stdout.trimEnd().split("\n")).toHaveLength(21);
    expect(stdout).toMatch(/deny {3}GET nowhere\.example\.com:80\/30 {2}403 no-route {2}\(10 alike\)\n$/);
  });

  test("hooks and settings stay behind with --yes, and come with a consent of their own", async ({ rig }) => {
    await rig.agent("mkdir -p .claude; echo '{}' > .claude/settings.json; echo x > x.txt");
    await rig.run(["start", "dev", "--yes"]);
    const kept = await rig.run(["apply", rig.only(), "--yes"]);
    expect([kept.status, readdirSync(rig.project)]).toEqual([1, ["x.txt"]]);
    expect(kept.stderr).toContain("stayed behind: .claude/settings.json: programs on this machine obey it; --include-executable-config brings it");
    expect((await rig.run(["apply", rig.only(), "--yes", "--include-executable-config"])).status).toBe(0);
    expect(readdirSync(rig.project).sort()).toEqual([".claude", "x.txt"]);
  });

  test("a conflict is told with the commands that compare and take it, and taken with them it is settled", async ({ rig }) => {
    const mine = join(rig.project, "a b.txt");
    writeFileSync(mine, "one\n");
    await rig.agent("echo theirs > 'a b.txt'");
    await rig.run(["start", "dev", "--yes"]);
    writeFileSync(mine, "mine\n");
    const result = await rig.run(["apply", rig.only(), "--yes"]);
    const theirs = join(rig.home, "state", rig.only(), "workspace/a b.txt");
    const take = `cp -P --remove-destination -- '${theirs}' '${mine}'`;
    expect(result).toMatchObject({ status: 1, stderr: `0 changes brought home.\n  stayed behind: a b.txt: you changed it too\n    compare: diff -u -- '${mine}' '${theirs}' | cat -v\n    take the agent's: ${take}\n` });
    expect(readFileSync(mine, "utf8")).toBe("mine\n");
    execFileSync("sh", ["-c", take]);
    expect(readFileSync(mine, "utf8")).toBe("theirs\n");
    expect(await rig.run(["apply", rig.only(), "--yes"])).toMatchObject({ status: 0, stderr: "The agent changed nothing that is not already here.\n" });
  });

  test("info and logs say what a bottle may and did do", async ({ rig }) => {
    await rig.write("bottles/dev.md", "---\nworkspace: none\negress: { routes: [{ host: api.example.com, methods: [GET], paths: [/v1/x] }] }\n---\n");
    await rig.agent("curl -s http://elsewhere.example.com/hello > /dev/null; true");
    await rig.run(["start", "dev", "--yes"]);
    expect((await rig.run(["info", rig.only()])).stdout).toContain("GET api.example.com /v1/x");
    const { stdout } = await rig.run(["logs", rig.only(), "--denied"]);
    expect(stdout).toMatch(/^\S+Z {2}deny {3}GET elsewhere\.example\.com:80\/hello {2}403 /);
  });
});
