import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { callTool, say } from "@bottle/scripted-model";
import { expect, test, vi } from "vitest";
import { agentPromises, startsUnasked } from "../testing/agent-promises.ts";
import { openAgentRig, type AgentSubject } from "../testing/agent-rig.ts";
import { codex } from "./codex.ts";

const subject: AgentSubject = {
  kind: codex,
  credential: "OPENAI_API_KEY",
  home: (files, model) => files.map((file) => (file.path === ".codex/config.toml"
    ? { ...file, content: `openai_base_url = "${model.openaiBaseUrl}"\n${file.content}` } : file)),
};

agentPromises(subject, {
  prints: (said) => ({ exitCode: 0, stdout: `${said}\n`, stderr: expect.any(String) }),
  calls: ["GET /v1/responses", "POST /v1/responses"],
  mcpTool: "Rings the harbour bell",
  // It shows a model only some tools at first; this is how the model finds the others.
  findsTools: callTool("exec", 'text(ALL_TOOLS.filter(({ name }) => name.includes("bell")));'),
});
startsUnasked(subject);

test("codex does as the operator's own exec says", { timeout: 60_000 }, async () => {
  await using rig = await openAgentRig(subject, { turns: [say("Hello.")] });
  expect(await rig.run({ extra: ["exec", "Do it"] })).toMatchObject({ exitCode: 0, stdout: "Hello.\n" });
});

test("on a terminal codex resumes a conversation begun without one, and leaves no daemon and no copy of itself", { timeout: 60_000 }, async () => {
  await using rig = await openAgentRig(subject, { turns: [say("First word."), say("Second word.")] });
  await rig.run({ prompt: "Begin" });
  {
    await using terminal = rig.onTerminal({ prompt: "Go on", resume: true });
    await vi.waitFor(() => expect(terminal.screen()).toContain("Secondword."), { timeout: 30_000, interval: 100 });
  }
  expect(rig.model.problems).toEqual([]);
  await vi.waitFor(async () => expect(await rig.place.processes()).toEqual([]), { timeout: 5_000 });
  expect(await readdir(join(rig.place.home, ".codex"))).not.toContain("packages");
});
