import { expect } from "vitest";
import { agentPromises, startsUnasked } from "../testing/agent-promises.ts";
import type { AgentSubject } from "../testing/agent-rig.ts";
import { opencode } from "./opencode.ts";

const subject: AgentSubject = {
  kind: opencode,
  credential: "ANTHROPIC_API_KEY",
  env: (model) => ({ OPENCODE_CONFIG_CONTENT: JSON.stringify({ provider: { anthropic: { options: { baseURL: `${model.anthropicBaseUrl}/v1` } } } }) }),
  extra: ["--model", "anthropic/claude-sonnet-4-5"],
  // Its first start in a home takes tens of seconds of processor time.
  patienceMs: 200_000,
};

agentPromises(subject, {
  prints: (said) => ({ exitCode: 0, stdout: expect.stringContaining(said), stderr: expect.any(String) }),
  calls: ["POST /v1/messages"],
  mcpTool: "Rings the harbour bell",
});
startsUnasked(subject);
