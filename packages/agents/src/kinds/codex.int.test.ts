import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { act, callTool, createFile, editFile, runShell, say, startScriptedModel } from "@bottle/scripted-model";
import type { ModelScript, ScriptedModel } from "@bottle/scripted-model";
import { beforeAll, expect, test, vi } from "vitest";
import type { ArgvRequest } from "../model.ts";
import { createAgentHome, type AgentHome } from "../testing/agent-home.ts";
import { installedProgram, type InstalledProgram } from "../testing/installed-program.ts";
import { startTinyMcpServer } from "../testing/mcp-server.ts";
import { runAgent, startOnTerminal, type AgentRun } from "../testing/run-agent.ts";
import { codex } from "./codex.ts";

let program: InstalledProgram;
beforeAll(async () => {
  program = await installedProgram("codex");
}, 300_000);

const headless: ArgvRequest = { resume: false, autonomy: "full", interactive: false, extra: [] };
const placeholder = "sk-proj-bottle-placeholder";

function codexRun(place: AgentHome, request: ArgvRequest): AgentRun {
  return { argv: [...program.argv, ...codex.argv(request)], place, env: { ...codex.env, OPENAI_API_KEY: placeholder } };
}

async function homeOf(model: ScriptedModel, place: AgentHome, prompt = "", mcpServers: readonly { name: string; url: string }[] = []): Promise<void> {
  const files = codex.homeFiles({ prompt, workspacePath: place.workspace, mcpServers });
  await place.write(files.map((file) => file.path === ".codex/config.toml"
    ? { ...file, content: `openai_base_url = "${model.openaiBaseUrl}"\n${file.content}` } : file));
}

const editing: ModelScript = {
  chunkDelayMs: 5,
  turns: [
    act(createFile("greeting.txt", "hello\nworld\n")),
    act(editFile("greeting.txt", { find: "hello", replace: "goodbye" })),
    act(runShell("tr a-z A-Z < greeting.txt > loud.txt")),
    say("All ", "is ", "done."),
    say("Went on."),
  ],
};

test("codex makes and edits a file, runs a command, says so, and goes on where it stopped", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel(editing);
  await using place = await createAgentHome();
  await homeOf(model, place);
  const first = await runAgent(codexRun(place, { ...headless, prompt: "Do it" }));
  expect(first).toMatchObject({ exitCode: 0, stdout: "All is done.\n" });
  expect(await readFile(join(place.workspace, "greeting.txt"), "utf8")).toBe("goodbye\nworld\n");
  expect(await readFile(join(place.workspace, "loud.txt"), "utf8")).toBe("GOODBYE\nWORLD\n");
  const second = await runAgent(codexRun(place, { ...headless, prompt: "More", resume: true }));
  expect(second).toMatchObject({ exitCode: 0, stdout: "Went on.\n" });
  expect(model.problems).toEqual([]);
  expect(await place.processes()).toEqual([]);
});

test("codex sends the placeholder as its route says, and only to paths of its routes", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel(editing);
  await using place = await createAgentHome();
  await homeOf(model, place);
  await runAgent(codexRun(place, { ...headless, extra: ["exec", "Do it"] }));
  expect(new Set(model.requests.map(({ method, path }) => `${method} ${path}`))).toEqual(new Set(["GET /v1/responses", "POST /v1/responses"]));
  expect(new Set(model.requests.map(({ headers }) => headers.authorization))).toEqual(new Set([`Bearer ${placeholder}`]));
});

test("the model is told the agent's prompt and its skills", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel({ turns: [say("Hello.")] });
  await using place = await createAgentHome();
  await homeOf(model, place, "Answer like a lighthouse keeper.\n");
  const skill = join(place.home, codex.skillsFolder ?? "", "tide-tables");
  await mkdir(skill, { recursive: true });
  await writeFile(join(skill, "SKILL.md"), "---\nname: tide-tables\ndescription: Reads tide tables of small harbours\n---\nRead them.\n");
  await runAgent(codexRun(place, { ...headless, prompt: "Hi" }));
  const body = model.requests.find(({ method }) => method === "POST")?.body;
  expect(body).toContain("Answer like a lighthouse keeper.");
  expect(body).toContain("Reads tide tables of small harbours");
});

test("on a terminal codex starts with no question asked, leaves no daemon and no copy of itself", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel({ turns: [act(createFile("made.txt", "made\n")), say("Made it.")] });
  await using place = await createAgentHome();
  await homeOf(model, place);
  {
    await using terminal = startOnTerminal(codexRun(place, { ...headless, interactive: true, prompt: "Make it" }));
    await vi.waitFor(() => expect(terminal.screen()).toContain("Madeit."), { timeout: 30_000, interval: 100 });
  }
  expect(await readFile(join(place.workspace, "made.txt"), "utf8")).toBe("made\n");
  expect(model.problems).toEqual([]);
  await vi.waitFor(async () => expect(await place.processes()).toEqual([]), { timeout: 5_000 });
  expect(await readdir(join(place.home, ".codex"))).not.toContain("packages");
});

// codex shows a model only some tools at first; this is how the model finds the others.
const listTools = callTool("exec", 'text(ALL_TOOLS.filter(({ name }) => name.includes("bell")));');

test("the model is offered the tools of the MCP servers", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel({ turns: [act(listTools), say("Hello.")] });
  await using mcp = await startTinyMcpServer({ name: "ring-the-bell", description: "Rings the harbour bell" });
  await using place = await createAgentHome();
  await homeOf(model, place, "", [{ name: "supervise", url: mcp.url }]);
  await runAgent(codexRun(place, { ...headless, prompt: "Hi" }));
  expect(model.requests.at(-1)?.body).toContain("Rings the harbour bell");
});

test("on a terminal codex resumes a conversation begun without one", { timeout: 60_000 }, async () => {
  await using model = await startScriptedModel({ turns: [say("First word."), say("Second word.")] });
  await using place = await createAgentHome();
  await homeOf(model, place);
  await runAgent(codexRun(place, { ...headless, prompt: "Begin" }));
  await using terminal = startOnTerminal(codexRun(place, { ...headless, interactive: true, resume: true, prompt: "Go on" }));
  await vi.waitFor(() => expect(terminal.screen()).toContain("Secondword."), { timeout: 30_000, interval: 100 });
  expect(model.problems).toEqual([]);
});
