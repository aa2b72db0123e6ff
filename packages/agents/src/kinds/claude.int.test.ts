import { runShell, say } from "@bottle/scripted-model";
import { expect, test, vi } from "vitest";
import { agentPromises, startsUnasked } from "../testing/agent-promises.ts";
import { openAgentRig, placeholderOf, type AgentSubject } from "../testing/agent-rig.ts";
import { claude } from "./claude.ts";

const subject: AgentSubject = {
  kind: claude,
  credential: "ANTHROPIC_API_KEY",
  env: (model) => ({ ANTHROPIC_BASE_URL: model.anthropicBaseUrl }),
};

agentPromises(subject, {
  prints: (said) => ({ exitCode: 0, stdout: `${said}\n`, stderr: "" }),
  calls: ["POST /v1/messages"],
  mcpTool: "mcp__supervise__ring-the-bell",
  // The server may answer after the first turn.
  findsTools: runShell("sleep 1"),
});
startsUnasked(subject, claude.credentials.map(({ envName }) => envName));

test("each credential goes out in the place its route says", { timeout: 60_000 }, async () => {
  for (const { scheme, name, tokenRef } of claude.hosts[0]?.auths ?? []) {
    await using rig = await openAgentRig(subject, { turns: [say("Hello.")] });
    await rig.run({ prompt: "Hi", credential: tokenRef });
    const headers = rig.model.requests[0]?.headers ?? {};
    const placeholder = placeholderOf(claude, tokenRef);
    expect(headers[scheme === "bearer" ? "authorization" : name ?? ""], tokenRef).toBe(scheme === "bearer" ? `Bearer ${placeholder}` : placeholder);
  }
});

test("on a terminal claude resumes a conversation of a terminal that was cut off", { timeout: 60_000 }, async () => {
  await using rig = await openAgentRig(subject, { turns: [say("First word."), say("Second word.")] });
  {
    await using cut = rig.onTerminal({ prompt: "Begin" });
    await vi.waitFor(() => expect(cut.screen()).toContain("Firstword."), { timeout: 30_000, interval: 100 });
  }
  await using terminal = rig.onTerminal({ prompt: "Go on", resume: true });
  await vi.waitFor(() => expect(terminal.screen()).toContain("Secondword."), { timeout: 30_000, interval: 100 });
  expect(rig.model.problems).toEqual([]);
});

test("without the home files claude asks before it starts", { timeout: 60_000 }, async () => {
  await using rig = await openAgentRig(subject, { home: "none", turns: [say("Never said.")] });
  await using terminal = rig.onTerminal({ prompt: "Make it" });
  await vi.waitFor(() => expect(terminal.screen()).toContain("WelcometoClaudeCode"), { timeout: 30_000, interval: 100 });
  expect(rig.model.requests).toEqual([]);
});
