import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { act, createFile, editFile, runShell, say, startScriptedModel, type ScriptedModel } from "@bottle/scripted-model";
import { beforeAll, expect, test, vi } from "vitest";
import type { ArgvRequest } from "../model.ts";
import { createAgentHome, type AgentHome } from "../testing/agent-home.ts";
import { installedProgram, type InstalledProgram } from "../testing/installed-program.ts";
import { startTinyMcpServer } from "../testing/mcp-server.ts";
import { runAgent, startOnTerminal, type AgentRun } from "../testing/run-agent.ts";
import { gemini } from "./gemini.ts";

let program: InstalledProgram;
beforeAll(async () => {
  program = await installedProgram("gemini");
}, 300_000);

const headless: ArgvRequest = { resume: false, autonomy: "full", interactive: false, extra: [] };
const placeholder = "AIza-bottle-placeholder";

function geminiRun(model: ScriptedModel, place: AgentHome, request: ArgvRequest): AgentRun {
  const env = { ...gemini.env, GEMINI_API_KEY: placeholder, GOOGLE_GEMINI_BASE_URL: model.anthropicBaseUrl };
  return { argv: [...program.argv, ...gemini.argv(request)], place, env };
}

test("gemini makes and edits a file, runs a command, says so, and goes on where it stopped", { timeout: 120_000 }, async () => {
  await using model = await startScriptedModel({
    turns: [
      act(createFile("greeting.txt", "hello\nworld\n")),
      act(editFile("greeting.txt", { find: "hello", replace: "goodbye" })),
      act(runShell("tr a-z A-Z < greeting.txt > loud.txt")),
      say("All ", "is ", "done."),
      say("Went on."),
    ],
  });
  await using mcp = await startTinyMcpServer({ name: "ring-the-bell", description: "Rings the harbour bell" });
  await using place = await createAgentHome();
  await place.write(gemini.homeFiles({
    prompt: "Answer like a lighthouse keeper.\n", workspacePath: place.workspace, mcpServers: [{ name: "supervise", url: mcp.url }],
  }));
  const first = await runAgent(geminiRun(model, place, { ...headless, prompt: "Do it" }));
  expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("All is done.") });
  expect(await readFile(join(place.workspace, "greeting.txt"), "utf8")).toBe("goodbye\nworld\n");
  expect(await readFile(join(place.workspace, "loud.txt"), "utf8")).toBe("GOODBYE\nWORLD\n");
  const bodies = model.requests.map(({ body }) => body).join("\n");
  expect(bodies).toContain("Answer like a lighthouse keeper.");
  expect(bodies).toContain("Rings the harbour bell");
  const second = await runAgent(geminiRun(model, place, { ...headless, prompt: "More", resume: true }));
  expect(second).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("Went on.") });
  expect(model.problems).toEqual([]);
  expect(new Set(model.requests.map(({ headers }) => headers["x-goog-api-key"]))).toEqual(new Set([placeholder]));
  for (const { method, path } of model.requests) expect(`${method} ${path}`).toMatch(/^POST \/v1beta\/models\/[^/]+$/);
  expect(await place.processes()).toEqual([]);
});

test("on a terminal gemini starts with no question asked", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel({ turns: [act(createFile("made.txt", "made\n")), say("Made it.")] });
  await using place = await createAgentHome();
  await place.write(gemini.homeFiles({ prompt: "", workspacePath: place.workspace, mcpServers: [] }));
  await using terminal = startOnTerminal(geminiRun(model, place, { ...headless, interactive: true, prompt: "Make it" }));
  await vi.waitFor(() => expect(terminal.screen()).toContain("Madeit."), { timeout: 40_000, interval: 100 });
  expect(await readFile(join(place.workspace, "made.txt"), "utf8")).toBe("made\n");
});
