import { expect, test } from "vitest";
import { askingInstructions, askingSkill, superviseServer, withAsking } from "./asking.ts";
import { agentKind, agentKinds } from "./kinds.ts";

const server = superviseServer("http://supervise:9100/mcp");
const files = (name: string, mcpServers = [server]): Readonly<Record<string, string>> =>
  Object.fromEntries(agentKind(name).homeFiles({ prompt: "", workspacePath: "/workspace", mcpServers }).map(({ path, content }) => [path, content]));

test("a call of a tool may take its minute in every kind's own configuration", () => {
  expect(JSON.parse(files("claude")[".claude.json"] ?? "")).toMatchObject({ mcpServers: { supervise: { type: "http", url: server.url, timeout: 120_000, alwaysLoad: true } } });
  expect(files("codex")[".codex/config.toml"]).toContain(`[mcp_servers."supervise"]\nurl = "${server.url}"\ntool_timeout_sec = 120\n`);
  expect(JSON.parse(files("gemini")[".gemini/settings.json"] ?? "")).toMatchObject({ mcpServers: { supervise: { httpUrl: server.url, timeout: 120_000 } } });
  expect(JSON.parse(files("opencode")[".config/opencode/opencode.json"] ?? "")).toMatchObject({ mcp: { supervise: { type: "remote", url: server.url, enabled: true, timeout: 120_000 } } });
});

test("a server without wishes of its own leaves each program its defaults", () => {
  for (const { name } of agentKinds) {
    const texts = Object.values(files(name, [{ name: "other", url: "http://other/mcp" }])).join("\n");
    expect(texts, name).not.toMatch(/timeout|alwaysLoad/i);
  }
});

test("kinds without an MCP configuration say so, and are given none", () => {
  expect(agentKinds.filter(({ hasMcp }) => !hasMcp).map(({ name }) => name)).toEqual(["shell", "command"]);
  for (const { name, hasMcp } of agentKinds) expect(Object.values(files(name)).some((text) => text.includes(server.url)), name).toBe(hasMcp);
});

test("the instructions are a page, name every tool, and stand after the agent's own prompt", () => {
  expect(askingInstructions.trimEnd().split("\n").filter(Boolean).length).toBeLessThanOrEqual(25);
  for (const word of ["list-egress-routes", "egress-block", "pipelock-block", "push-block", "capability-block", "x-bottle-block-reason", "Pending", "never"]) expect(askingInstructions).toContain(word);
  expect(withAsking("Be careful.\n")).toBe(`Be careful.\n\n${askingInstructions}`);
  expect(withAsking("")).toBe(askingInstructions);
});

test("a kind with skills has them as a skill too, whose head is plain YAML", () => {
  for (const kind of agentKinds) {
    const [skill, ...more] = askingSkill(kind);
    expect(more).toEqual([]);
    if (kind.skillsFolder === undefined) expect(skill).toBeUndefined();
    else {
      expect(skill?.path).toBe(`${kind.skillsFolder}/ask-the-operator/SKILL.md`);
      expect(skill?.content).toMatch(/^---\nname: ask-the-operator\ndescription: [\w ,.()-]+\n---\n\n# When something is refused\n/);
    }
  }
});
