import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { act, createFile, editFile, readFile as readFileAction, runShell, say, startScriptedModel } from "@bottle/scripted-model";
import type { ModelScript, ScriptedModel } from "@bottle/scripted-model";
import { beforeAll, expect, test, vi } from "vitest";
import type { ArgvRequest } from "../model.ts";
import { createAgentHome, type AgentHome } from "../testing/agent-home.ts";
import { installedProgram, type InstalledProgram } from "../testing/installed-program.ts";
import { startTinyMcpServer } from "../testing/mcp-server.ts";
import { runAgent, startOnTerminal, type AgentRun } from "../testing/run-agent.ts";
import { claude } from "./claude.ts";

let program: InstalledProgram;
beforeAll(async () => {
  program = await installedProgram("claude");
}, 300_000);

const headless: ArgvRequest = { resume: false, autonomy: "full", interactive: false, extra: [] };

function claudeRun(model: ScriptedModel, place: AgentHome, request: ArgvRequest, credential = "ANTHROPIC_API_KEY"): AgentRun {
  const placeholder = claude.credentials.find(({ envName }) => envName === credential)?.placeholder ?? "";
  return {
    argv: [...program.argv, ...claude.argv(request)],
    place,
    env: { ...claude.env, [credential]: placeholder, ANTHROPIC_BASE_URL: model.anthropicBaseUrl },
  };
}

function homeOf(place: AgentHome, prompt = "", mcpServers: readonly { name: string; url: string }[] = []): Promise<void> {
  return place.write(claude.homeFiles({ prompt, workspacePath: place.workspace, mcpServers }));
}

const editing: ModelScript = {
  chunkDelayMs: 5,
  turns: [
    act(createFile("greeting.txt", "hello\nworld\n")),
    act(readFileAction("greeting.txt")),
    act(editFile("greeting.txt", { find: "hello", replace: "goodbye" })),
    act(runShell("tr a-z A-Z < greeting.txt > loud.txt")),
    say("All ", "is ", "done."),
    say("Went on."),
  ],
};

test("claude makes and edits a file, runs a command, says so, and goes on where it stopped", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel(editing);
  await using place = await createAgentHome();
  await homeOf(place);
  const first = await runAgent(claudeRun(model, place, { ...headless, prompt: "Do it" }));
  expect(first).toEqual({ exitCode: 0, stdout: "All is done.\n", stderr: "" });
  expect(await readFile(join(place.workspace, "greeting.txt"), "utf8")).toBe("goodbye\nworld\n");
  expect(await readFile(join(place.workspace, "loud.txt"), "utf8")).toBe("GOODBYE\nWORLD\n");
  const second = await runAgent(claudeRun(model, place, { ...headless, prompt: "More", resume: true }));
  expect(second).toEqual({ exitCode: 0, stdout: "Went on.\n", stderr: "" });
  expect(model.problems).toEqual([]);
  expect(await place.processes()).toEqual([]);
});

test("claude asks the model's address for nothing but what its routes allow", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel(editing);
  await using place = await createAgentHome();
  await homeOf(place);
  await runAgent(claudeRun(model, place, { ...headless, prompt: "Do it" }));
  expect(new Set(model.requests.map(({ method, path }) => `${method} ${path.split("?")[0]}`))).toEqual(new Set(["POST /v1/messages"]));
});

test("each credential goes out in the place its route says", { timeout: 60_000 }, async () => {
  for (const auth of claude.hosts[0]?.auths ?? []) {
    await using model = await startScriptedModel({ turns: [say("Hello.")] });
    await using place = await createAgentHome();
    await homeOf(place);
    await runAgent(claudeRun(model, place, { ...headless, prompt: "Hi" }, auth.tokenRef));
    const placeholder = claude.credentials.find(({ envName }) => envName === auth.tokenRef)?.placeholder;
    const headers = model.requests[0]?.headers ?? {};
    expect(auth.scheme === "bearer" ? headers.authorization : headers[auth.name ?? ""], auth.tokenRef)
      .toBe(auth.scheme === "bearer" ? `Bearer ${placeholder}` : placeholder);
  }
});

test("the model is told the agent's prompt and its skills", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel({ turns: [say("Hello.")] });
  await using place = await createAgentHome();
  await homeOf(place, "Answer like a lighthouse keeper.\n");
  const skill = join(place.home, claude.skillsFolder ?? "", "tide-tables");
  await mkdir(skill, { recursive: true });
  await writeFile(join(skill, "SKILL.md"), "---\nname: tide-tables\ndescription: Reads tide tables of small harbours\n---\nRead them.\n");
  await runAgent(claudeRun(model, place, { ...headless, prompt: "Hi" }));
  expect(model.requests[0]?.body).toContain("Answer like a lighthouse keeper.");
  expect(model.requests[0]?.body).toContain("Reads tide tables of small harbours");
});

test.each(claude.credentials)("on a terminal claude starts with no question asked, holding $envName", { timeout: 60_000 }, async ({ envName }) => {
  await using model = await startScriptedModel({ turns: [act(createFile("made.txt", "made\n")), say("Made it.")] });
  await using place = await createAgentHome();
  await homeOf(place);
  await using terminal = startOnTerminal(claudeRun(model, place, { ...headless, interactive: true, prompt: "Make it" }, envName));
  await vi.waitFor(() => expect(terminal.screen()).toContain("Madeit."), { timeout: 30_000, interval: 100 });
  expect(await readFile(join(place.workspace, "made.txt"), "utf8")).toBe("made\n");
  expect(model.problems).toEqual([]);
});

test("the model is offered the tools of the MCP servers", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel({ turns: [act(runShell("sleep 1")), say("Hello.")] });
  await using mcp = await startTinyMcpServer({ name: "ring-the-bell", description: "Rings the harbour bell" });
  await using place = await createAgentHome();
  await homeOf(place, "", [{ name: "supervise", url: mcp.url }]);
  await runAgent(claudeRun(model, place, { ...headless, prompt: "Hi" }));
  expect(model.requests.map(({ body }) => body).join("\n")).toContain("mcp__supervise__ring-the-bell");
});

test("on a terminal claude resumes a conversation of a terminal that was cut off", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel({ turns: [say("First word."), say("Second word.")] });
  await using place = await createAgentHome();
  await homeOf(place);
  {
    await using cut = startOnTerminal(claudeRun(model, place, { ...headless, interactive: true, prompt: "Begin" }));
    await vi.waitFor(() => expect(cut.screen()).toContain("Firstword."), { timeout: 30_000, interval: 100 });
  }
  await using terminal = startOnTerminal(claudeRun(model, place, { ...headless, interactive: true, resume: true, prompt: "Go on" }));
  await vi.waitFor(() => expect(terminal.screen()).toContain("Secondword."), { timeout: 30_000, interval: 100 });
  expect(model.problems).toEqual([]);
});

test("without the home files claude asks before it starts", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel({ turns: [say("Never said.")] });
  await using place = await createAgentHome();
  await using terminal = startOnTerminal(claudeRun(model, place, { ...headless, interactive: true, prompt: "Make it" }));
  await vi.waitFor(() => expect(terminal.screen()).toContain("WelcometoClaudeCode"), { timeout: 30_000, interval: 100 });
  expect(model.requests).toEqual([]);
});
