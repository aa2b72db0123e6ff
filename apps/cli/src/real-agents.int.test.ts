import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installedProgram, testProgramsDirectory } from "@bottle/agents/testing";
import { startFixtureInternet } from "@bottle/fixture-internet";
import { act, createModelHandler, editFile, readFile, runShell, say } from "@bottle/scripted-model";
import { beforeAll, describe, expect, test } from "vitest";
import { createBottleRig } from "./testing/run-bottle.ts";

// The tool call that searches writes what it finds into the workspace. The bracket keeps a pattern from finding itself,
// and the planted text shows that the search works.
const search = [
  "mkdir -p /tmp/planted && echo planted-0123456789abcdef0123456789abcdef > /tmp/planted/file",
  "for word in 'planted-[0-9a-f]{32}' 'rea[l]-[0-9a-f]{32}'; do",
  "  { cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -aE \"$word\" | grep -v word;",
  "    grep -rlaE \"$word\" /home /workspace /tmp /etc /var /run /opt/bottle/bin 2>/dev/null; } > \"/workspace/found-${word%%-*}.txt\"",
  "done; true",
].join("\n");

const agents = [
  { kind: "claude", host: "api.anthropic.com", variable: "CLAUDE_CODE_OAUTH_TOKEN", args: ["-p", "Edit the greeting."], header: "authorization" },
  { kind: "codex", host: "api.openai.com", variable: "OPENAI_API_KEY", args: ["exec", "Edit the greeting."], header: "authorization" },
] as const;

describe.each(agents)("the real $kind in a bottle", ({ kind, host, variable, args, header }) => {
  beforeAll(async () => {
    await installedProgram(kind);
  }, 300_000);

  test("edits the workspace, runs a command, says its text, and never holds the credential the server sees", async () => {
    const secret = `real-${randomBytes(16).toString("hex")}`;
    const model = createModelHandler({ turns: [
      act(readFile("greeting.txt")),
      act(editFile("greeting.txt", { find: "hello", replace: "hello from inside" })),
      act(runShell(`echo made-by-the-command > made.txt\n${search}`)),
      say("All ", "done ", "here."),
    ] });
    await using internet = await startFixtureInternet({ hosts: { [host]: model } });
    await using rig = await createBottleRig();
    await symlink(testProgramsDirectory(), join(rig.home, "programs"));
    await writeFile(join(rig.project, "greeting.txt"), "hello\n");
    await writeFile(join(rig.project, "ca.pem"), internet.caCertificate);
    const init = await rig.run(["init", "dev", "--kind", kind], { env: { [variable]: "any" } });
    expect(init).toMatchObject({ status: 0, stderr: "" });
    const bottle = readFileSync(join(rig.home, "bottles/dev.md"), "utf8");
    await rig.write("bottles/dev.md", bottle.replace("egress:\n", `egress:\n  hosts: { ${host}: "${internet.hostOverrides[host] ?? ""}" }\n  ca_files: [${join(rig.project, "ca.pem")}]\n`));

    const result = await rig.run(["start", "dev", "--yes", "--", ...args], { env: { [variable]: secret } });

    expect({ status: result.status, problems: model.problems, stderr: result.stderr }).toMatchObject({ status: 0, problems: [] });
    expect(result.stdout).toContain("All done here.");
    const identity = readdirSync(join(rig.home, "state"))[0] ?? "";
    const workspace = join(rig.home, "state", identity, "workspace");
    expect(readFileSync(join(workspace, "greeting.txt"), "utf8")).toBe("hello from inside\n");
    expect(readFileSync(join(workspace, "made.txt"), "utf8")).toBe("made-by-the-command\n");
    expect(readFileSync(join(rig.project, "greeting.txt"), "utf8")).toBe("hello\n");

    const asked = internet.requests.filter(({ host: name }) => name === host);
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.map(({ headers }) => headers[header])).toEqual(asked.map(() => `Bearer ${secret}`));
    expect(readFileSync(join(workspace, "found-planted.txt"), "utf8")).toContain("/tmp/planted/file");
    expect(readFileSync(join(workspace, "found-rea[l].txt"), "utf8")).toBe("");
    for (const entry of readdirSync(join(rig.home, "state", identity), { recursive: true, withFileTypes: true }).filter((file) => file.isFile())) {
      expect(readFileSync(join(entry.parentPath, entry.name), "latin1"), entry.name).not.toContain(secret);
    }
  }, 180_000);
});
