import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { act, createFile, editFile, readFile as readFileAction, runShell, say, startScriptedModel, type ScriptedModel } from "@bottle/scripted-model";
import { beforeAll, expect, test, vi } from "vitest";
import type { ArgvRequest } from "../model.ts";
import { createAgentHome, type AgentHome } from "../testing/agent-home.ts";
import { installedProgram, type InstalledProgram } from "../testing/installed-program.ts";
import { startTinyMcpServer } from "../testing/mcp-server.ts";
import { runAgent, startOnTerminal, type AgentRun } from "../testing/run-agent.ts";
import { opencode } from "./opencode.ts";

let program: InstalledProgram;
beforeAll(async () => {
  program = await installedProgram("opencode");
}, 300_000);

const headless: ArgvRequest = {
  resume: false, autonomy: "full", interactive: false, extra: ["--model", "anthropic/claude-sonnet-4-5"],
};
const placeholder = "sk-ant-api03-bottle-placeholder";

function opencodeRun(model: ScriptedModel, place: AgentHome, request: ArgvRequest): AgentRun {
  const provider = { anthropic: { options: { baseURL: `${model.anthropicBaseUrl}/v1` } } };
  const env = { ...opencode.env, ANTHROPIC_API_KEY: placeholder, OPENCODE_CONFIG_CONTENT: JSON.stringify({ provider }) };
  return { argv: [...program.argv, ...opencode.argv(request)], place, env, timeoutMs: 120_000 };
}

test("opencode makes and edits a file, runs a command, says so, and goes on where it stopped", { timeout: 240_000 }, async () => {
  await using model = await startScriptedModel({
    turns: [
      act(createFile("greeting.txt", "hello\nworld\n")),
      act(readFileAction("greeting.txt")),
      act(editFile("greeting.txt", { find: "hello", replace: "goodbye" })),
      act(runShell("tr a-z A-Z < greeting.txt > loud.txt")),
      say("All ", "is ", "done."),
      say("Went on."),
    ],
  });
  await using mcp = await startTinyMcpServer({ name: "ring-the-bell", description: "Rings the harbour bell" });
  await using place = await createAgentHome();
  await place.write(opencode.homeFiles({
    prompt: "Answer like a lighthouse keeper.\n", workspacePath: place.workspace, mcpServers: [{ name: "supervise", url: mcp.url }],
  }));
  const first = await runAgent(opencodeRun(model, place, { ...headless, prompt: "Do it" }));
  expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("All is done.") });
  expect(await readFile(join(place.workspace, "greeting.txt"), "utf8")).toBe("goodbye\nworld\n");
  expect(await readFile(join(place.workspace, "loud.txt"), "utf8")).toBe("GOODBYE\nWORLD\n");
  const bodies = model.requests.map(({ body }) => body).join("\n");
  expect(bodies).toContain("Answer like a lighthouse keeper.");
  expect(bodies).toContain("Rings the harbour bell");
  const second = await runAgent(opencodeRun(model, place, { ...headless, prompt: "More", resume: true }));
  expect(second).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Went on.") });
  expect(model.problems).toEqual([]);
  expect(new Set(model.requests.map(({ method, path, headers }) => `${method} ${path} ${headers["x-api-key"]}`)))
    .toEqual(new Set([`POST /v1/messages ${placeholder}`]));
  expect(await place.processes()).toEqual([]);
});

// Its first start in a home takes tens of seconds of processor time.
test("on a terminal opencode starts with no question asked", { timeout: 240_000 }, async () => {
  await using model = await startScriptedModel({ turns: [act(createFile("made.txt", "made\n")), say("Made it.")] });
  await using place = await createAgentHome();
  await place.write(opencode.homeFiles({ prompt: "", workspacePath: place.workspace, mcpServers: [] }));
  await using terminal = startOnTerminal(opencodeRun(model, place, { ...headless, interactive: true, prompt: "Make it" }));
  await vi.waitFor(async () => expect(await readFile(join(place.workspace, "made.txt"), "utf8")).toBe("made\n"), { timeout: 200_000, interval: 100 });
  await vi.waitFor(() => expect(terminal.screen()).toContain("Madeit."), { timeout: 10_000, interval: 100 });
});
