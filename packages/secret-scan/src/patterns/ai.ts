import type { SecretPattern } from "../pattern.ts";
import { randomAfter, randomHexAfter } from "./shape.ts";

/** Keys of model providers and vector databases. */
export const aiPatterns: readonly SecretPattern[] = [
  {
    id: "anthropic-key", title: "Anthropic API key or OAuth token", severity: "critical", literals: ["sk-ant-"],
    regexp: /sk-ant-[a-z]{2,12}\d{0,2}-[A-Za-z0-9_-]{32,240}/g, check: randomAfter(/^sk-ant-[a-z]{2,12}\d{0,2}-/),
  },
  {
    id: "openai-project-key", title: "OpenAI project, service-account or admin key", severity: "critical", literals: ["sk-proj-", "sk-svcacct-", "sk-admin-"],
    regexp: /sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,240}/g, check: randomAfter(/^sk-[a-z]{4,7}-/),
  },
  // The middle is base64 of "OpenAI".
  {
    id: "openai-key", title: "OpenAI user key", severity: "critical", literals: ["t3blbkfj"],
    regexp: /sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}/g, check: randomAfter(/^sk-/),
  },
  {
    id: "openrouter-key", title: "OpenRouter key", severity: "critical", literals: ["sk-or-v1-"],
    regexp: /sk-or-v1-[0-9a-f]{64}/g, check: randomHexAfter(/^sk-or-v1-/),
  },
  {
    id: "fireworks-key", title: "Fireworks AI key", severity: "critical", literals: ["fw_"], isToken: true,
    regexp: /(?<![A-Za-z0-9_])fw_[A-Za-z0-9]{22,40}(?![A-Za-z0-9_])/g, check: randomAfter(/^fw_/),
  },
  {
    id: "huggingface-token", title: "Hugging Face token", severity: "critical", literals: ["hf_", "api_org_"], isToken: true,
    regexp: /(?<![A-Za-z0-9_])(?:hf|api_org)_[A-Za-z0-9]{30,40}(?![A-Za-z0-9_])/g, check: randomAfter(/^(?:hf|api_org)_/),
  },
  {
    id: "databricks-token", title: "Databricks token", severity: "critical", literals: ["dapi"],
    regexp: /dapi[0-9a-f]{32}(?:-\d)?/g, check: randomHexAfter(/^dapi/),
  },
  {
    id: "replicate-token", title: "Replicate token", severity: "critical", literals: ["r8_"], isToken: true,
    regexp: /(?<![A-Za-z0-9_])r8_[A-Za-z0-9]{37,40}(?![A-Za-z0-9_])/g, check: randomAfter(/^r8_/),
  },
  {
    id: "together-key", title: "Together AI key", severity: "critical", literals: ["tgp_v1_"],
    regexp: /tgp_v1_[A-Za-z0-9_-]{40,48}/g, check: randomAfter(/^tgp_v1_/),
  },
  {
    id: "together-legacy-key", title: "Together AI key without a prefix, beside its name", severity: "high", literals: ["together"],
    regexp: /together[a-z_.-]{0,20}["'\s:=]{1,6}[0-9a-f]{64}(?![0-9a-f])/gi, check: randomHexAfter(/^.{0,40}["'\s:=]/),
  },
  {
    id: "pinecone-key", title: "Pinecone key", severity: "critical", literals: ["pcsk_"],
    regexp: /pcsk_[A-Za-z0-9]{4,8}_[A-Za-z0-9]{40,80}/g, check: randomAfter(/^pcsk_/),
  },
  {
    id: "groq-key", title: "Groq key", severity: "critical", literals: ["gsk_"],
    regexp: /gsk_[A-Za-z0-9]{48,64}/g, check: randomAfter(/^gsk_/),
  },
  {
    id: "xai-key", title: "xAI key", severity: "critical", literals: ["xai-"],
    regexp: /xai-(?:token-)?[A-Za-z0-9]{64,120}/g, check: randomAfter(/^xai-(?:token-)?/),
  },
  {
    id: "perplexity-key", title: "Perplexity key", severity: "critical", literals: ["pplx-"],
    regexp: /pplx-[A-Za-z0-9]{40,60}/g, check: randomAfter(/^pplx-/),
  },
  {
    id: "nvidia-key", title: "NVIDIA API key", severity: "critical", literals: ["nvapi-"],
    regexp: /nvapi-[A-Za-z0-9_-]{60,80}/g, check: randomAfter(/^nvapi-/),
  },
];
