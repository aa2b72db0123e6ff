import { jsonFile, promptFile } from "../home-file.ts";
import type { AgentKind, ArgvRequest, HomeFile, HomeRequest } from "../model.ts";

function argv({ prompt, resume, autonomy, interactive, extra }: ArgvRequest): readonly string[] {
  const isHeadless = extra[0] === "run" || (prompt !== undefined && !interactive);
  const rest = extra[0] === "run" ? extra.slice(1) : extra;
  const options = [...(autonomy === "full" ? ["--auto"] : []), ...(resume ? ["--continue"] : [])];
  if (isHeadless) return ["run", ...options, ...rest, ...(prompt === undefined ? [] : ["--", asText(prompt)])];
  return [...options, ...(prompt === undefined ? [] : [`--prompt=${prompt}`]), ...rest];
}

// `run` makes a number of what looks like one after `--`, and then fails on it; a blank in front keeps it text.
function asText(prompt: string): string {
  return Number.isNaN(Number(prompt)) ? prompt : ` ${prompt}`;
}

function homeFiles({ prompt, mcpServers }: HomeRequest): readonly HomeFile[] {
  const config = {
    $schema: "https://opencode.ai/config.json",
    autoupdate: false,
    share: "disabled",
    mcp: Object.fromEntries(mcpServers.map(({ name, url, toolTimeoutMs }) => [name, { type: "remote", url, enabled: true, ...(toolTimeoutMs !== undefined && { timeout: toolTimeoutMs }) }])),
  };
  return [jsonFile(".config/opencode/opencode.json", config), ...promptFile(".config/opencode/AGENTS.md", prompt)];
}

/** opencode. Configuration: opencode.ai/docs/config. */
export const opencode: AgentKind = {
  name: "opencode",
  title: "opencode",
  package: {
    name: "opencode-ai",
    version: "1.18.33",
    bin: "opencode",
    // The plain x64 program needs AVX2; the baseline one runs on every x64.
    entry: ({ arch, libc }) =>
      `node_modules/opencode-linux-${arch}${arch === "x64" ? "-baseline" : ""}${libc === "musl" ? "-musl" : ""}/bin/opencode`,
    needsNode: false,
  },
  system: [],
  argv,
  homeFiles,
  hasMcp: true,
  skillsFolder: ".config/opencode/skills",
  hosts: [
    {
      host: "api.anthropic.com", methods: ["POST"], paths: ["/v1/messages"],
      auths: [{ scheme: "header", tokenRef: "ANTHROPIC_API_KEY", name: "x-api-key" }],
    },
    {
      host: "api.openai.com", methods: ["POST"], paths: ["/v1/responses", "/v1/chat/completions"],
      auths: [{ scheme: "bearer", tokenRef: "OPENAI_API_KEY" }],
    },
  ],
  credentials: [
    { envName: "ANTHROPIC_API_KEY", placeholder: "sk-ant-api03-bottle-placeholder", kind: "api-key" },
    { envName: "OPENAI_API_KEY", placeholder: "sk-proj-bottle-placeholder", kind: "api-key" },
  ],
  env: {
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
    OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    OPENCODE_DISABLE_SHARE: "1",
  },
};
