import { expect } from "vitest";
import { agentPromises, startsUnasked } from "../testing/agent-promises.ts";
import type { AgentSubject } from "../testing/agent-rig.ts";
import { gemini } from "./gemini.ts";

const subject: AgentSubject = {
  kind: gemini,
  credential: "GEMINI_API_KEY",
  env: (model) => ({ GOOGLE_GEMINI_BASE_URL: model.anthropicBaseUrl }),
};

agentPromises(subject, {
  prints: (said) => ({ exitCode: 0, stdout: expect.stringContaining(said), stderr: expect.any(String) }),
  calls: ["POST /v1beta/models/*"],
  mcpTool: "Rings the harbour bell",
});
startsUnasked(subject);
