import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { act, createFile, editFile, readFile as readFileAction, runShell, say, type Action } from "@bottle/scripted-model";
import { beforeAll, expect, test, vi } from "vitest";
import { superviseServer } from "../asking.ts";
import { asRouted, openAgentRig, patienceOf, placeholderOf, skill, type AgentSubject } from "./agent-rig.ts";
import { installedProgram } from "./installed-program.ts";
import { startTinyMcpServer } from "./mcp-server.ts";

/** What the programs do differently in the one story they all are told. */
export interface Story {
  /** What it prints without a terminal once the model has said this. */
  prints(said: string): unknown;
  /** Every method and route pattern it calls. */
  readonly calls: readonly string[];
  /** How the tool of the MCP server "supervise" appears to the model. */
  readonly mcpTool: string;
  /** What the model must do first to be shown the tools of MCP servers. */
  readonly findsTools?: Action;
}

/** Tests that the real program keeps what bottle promises of every agent. */
export function agentPromises(subject: AgentSubject, story: Story): void {
  const { kind, credential } = subject;
  const patience = patienceOf(subject);
  beforeAll(async () => {
    await installedProgram(kind.name);
  }, 300_000);

  // Its prompts begin like options: they are told, not obeyed.
  test(`${kind.name} works, goes on where it stopped, is told what its home holds, and calls only its routes`, { timeout: 2 * patience }, async () => {
    await using mcp = await startTinyMcpServer({ name: "ring-the-bell", description: "Rings the harbour bell" });
    await using rig = await openAgentRig(subject, {
      home: { prompt: "Answer like a lighthouse keeper.\n", mcpServers: [superviseServer(mcp.url)] },
      turns: [
        act(createFile("greeting.txt", "hello\nworld\n")),
        act(readFileAction("greeting.txt")),
        act(editFile("greeting.txt", { find: "hello", replace: "goodbye" })),
        act(runShell("tr a-z A-Z < greeting.txt > loud.txt")),
        ...(story.findsTools === undefined ? [] : [act(story.findsTools)]),
        say("All ", "is ", "done."),
        say("Went on."),
      ],
    });
    expect(await rig.run({ prompt: "--help, do it" })).toEqual(story.prints("All is done."));
    expect(await readFile(join(rig.place.workspace, "greeting.txt"), "utf8")).toBe("goodbye\nworld\n");
    expect(await readFile(join(rig.place.workspace, "loud.txt"), "utf8")).toBe("GOODBYE\nWORLD\n");
    expect(await rig.run({ prompt: "-v, more", resume: true })).toEqual(story.prints("Went on."));
    expect(rig.model.problems).toEqual([]);

    const bodies = rig.model.requests.map(({ body }) => body);
    // Requests beside the conversation offer no tools.
    const first = bodies.find((body) => body.includes('"tools":[{'));
    expect(first).toContain("Answer like a lighthouse keeper.");
    expect(first).toContain(skill.description);
    for (const told of [story.mcpTool, "--help, do it", "-v, more"]) expect(bodies.join("\n")).toContain(told);
    const calls = rig.model.requests.map((request) => asRouted(subject, request));
    expect([...new Set(calls)].sort()).toEqual(story.calls.map((call) => `${call} ${placeholderOf(kind, credential)}`));
    expect(await rig.place.processes()).toEqual([]);
  });
}

/** Tests that the program on a terminal begins with its task, whichever credential it holds. */
export function startsUnasked(subject: AgentSubject, credentials: readonly string[] = [subject.credential]): void {
  const patience = patienceOf(subject);
  test.each(credentials)(`on a terminal ${subject.kind.name} starts with no question asked, holding %s`, { timeout: 2 * patience }, async (credential) => {
    await using mcp = await startTinyMcpServer({ name: "ring-the-bell", description: "Rings the harbour bell" });
    await using rig = await openAgentRig(subject, { home: { mcpServers: [superviseServer(mcp.url)] }, turns: [act(createFile("made.txt", "made\n")), say("Made it.")] });
    await using terminal = rig.onTerminal({ prompt: "--version, then make it", credential });
    await vi.waitFor(async () => expect(await readFile(join(rig.place.workspace, "made.txt"), "utf8")).toBe("made\n"), { timeout: patience, interval: 100 });
    await vi.waitFor(() => expect(terminal.screen()).toContain("Madeit."), { timeout: 20_000, interval: 100 });
    expect(rig.model.requests.map(({ body }) => body).join("\n")).toContain("--version, then make it");
    expect(rig.model.problems).toEqual([]);
  });
}
