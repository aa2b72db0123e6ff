import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { installedProgram, testProgramsDirectory } from "@bottle/agents/testing";
import { startFixtureInternet } from "@bottle/fixture-internet";
import { act, createModelHandler, editFile, readFile, runShell, say } from "@bottle/scripted-model";
import { expect } from "vitest";
import type { BottleRig } from "./run-bottle.ts";

/** A real program, the host of its model, and what it is started with. */
export interface RealAgent {
  readonly kind: "claude" | "codex";
  readonly host: string;
  /** The variable its credential is in. */
  readonly variable: string;
  readonly args: readonly string[];
}

/** The agents that run without an account against the scripted model. */
export const realAgents: readonly RealAgent[] = [
  { kind: "claude", host: "api.anthropic.com", variable: "CLAUDE_CODE_OAUTH_TOKEN", args: ["-p", "Edit the greeting."] },
  { kind: "codex", host: "api.openai.com", variable: "OPENAI_API_KEY", args: ["exec", "Edit the greeting."] },
];

/** Where its bottle is. */
export interface RealAgentPlace {
  readonly rig: BottleRig;
  /** The address of this machine that the bottle's sidecars reach; loopback if absent. */
  readonly listenOn?: string;
  /** What can be seen of the bottle from outside while it runs. */
  readonly look?: () => string;
}

/** Installs the program, once on this machine. */
export async function prepareRealAgent({ kind }: RealAgent): Promise<void> {
  await installedProgram(kind);
}

// The tool call that searches writes what it finds into the workspace. The bracket keeps a pattern from finding itself,
// and the planted text shows that the search works.
const search = [
  "mkdir -p /tmp/planted && echo planted-0123456789abcdef0123456789abcdef > /tmp/planted/file",
  "for word in 'planted-[0-9a-f]{32}' 'rea[l]-[0-9a-f]{32}'; do",
  "  { cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -aE \"$word\" | grep -v word;",
  "    grep -rlaE \"$word\" /home /workspace /tmp /etc /var /run /dev/shm /opt/bottle/bin 2>/dev/null; } > \"/workspace/found-${word%%-*}.txt\"",
  "done; true",
].join("\n");

/** Has the agent work in a bottle; fails unless it does, the model's server sees the credential, and nothing of the bottle does. */
export async function expectRealAgentToWork({ kind, host, variable, args }: RealAgent, { rig, listenOn, look }: RealAgentPlace): Promise<void> {
  const secret = `real-${randomBytes(16).toString("hex")}`;
  const model = createModelHandler({ turns: [
    act(readFile("greeting.txt")),
    act(editFile("greeting.txt", { find: "hello", replace: "hello from inside" })),
    act(runShell(`echo made-by-the-command > made.txt\n${search}`)),
    say("All ", "done ", "here."),
  ] });
  let seen: string | undefined;
  const server: RequestListener = (request, response) => {
    seen ??= look?.();
    model(request, response);
  };
  await using internet = await startFixtureInternet({ hosts: { [host]: server }, ...(listenOn !== undefined && { listenOn }) });
  await symlink(testProgramsDirectory(), join(rig.home, "programs"));
  await writeFile(join(rig.project, "greeting.txt"), "hello\n");
  await writeFile(join(rig.project, "ca.pem"), internet.caCertificate);
  const init = await rig.run(["init", "real", "--kind", kind], { env: { [variable]: "any" } });
  expect(init).toMatchObject({ status: 0, stderr: "" });
  const bottle = readFileSync(join(rig.home, "bottles/real.md"), "utf8");
  await rig.write("bottles/real.md", bottle.replace("egress:\n", `egress:\n  hosts: { ${host}: "${internet.hostOverrides[host] ?? ""}" }\n  ca_files: [${join(rig.project, "ca.pem")}]\n`));

  const result = await rig.run(["start", "real", "--yes", "--", ...args], { env: { [variable]: secret } });

  expect({ status: result.status, problems: model.problems, stderr: result.stderr }).toMatchObject({ status: 0, problems: [] });
  expect(result.stdout).toContain("All done here.");
  const identity = readdirSync(join(rig.home, "state"))[0] ?? "";
  const workspace = join(rig.home, "state", identity, "workspace");
  expect(readFileSync(join(workspace, "greeting.txt"), "utf8")).toBe("hello from inside\n");
  expect(readFileSync(join(workspace, "made.txt"), "utf8")).toBe("made-by-the-command\n");
  expect(readFileSync(join(rig.project, "greeting.txt"), "utf8")).toBe("hello\n");

  const asked = internet.requests.filter(({ host: name }) => name === host);
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.map(({ headers }) => headers["authorization"])).toEqual(asked.map(() => `Bearer ${secret}`));
  expect(readFileSync(join(workspace, "found-planted.txt"), "utf8")).toContain("/tmp/planted/file");
  expect(readFileSync(join(workspace, "found-rea[l].txt"), "utf8")).toBe("");
  if (look) expect(seen).toContain(identity);
  expect(seen ?? "").not.toContain(secret);
  for (const entry of readdirSync(join(rig.home, "state", identity), { recursive: true, withFileTypes: true }).filter((file) => file.isFile())) {
    expect(readFileSync(join(entry.parentPath, entry.name), "latin1"), entry.name).not.toContain(secret);
  }
}
