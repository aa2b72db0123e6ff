import { promptFile } from "../home-file.ts";
import type { AgentKind, ArgvRequest, HomeFile, HomeRequest } from "../model.ts";
import { tomlKey, tomlString } from "../toml.ts";

const placeholder = "sk-proj-bottle-placeholder";
const triples = { x64: "x86_64-unknown-linux-musl", arm64: "aarch64-unknown-linux-musl" } as const;
const auths = [
  { scheme: "bearer", tokenRef: "OPENAI_API_KEY" },
  { scheme: "bearer", tokenRef: "CODEX_API_KEY" },
] as const;

// Options that stand before a subcommand hold for it as well, so the operator's own `exec …` can follow them.
function argv({ prompt, resume, autonomy, interactive, extra }: ArgvRequest): readonly string[] {
  const options = autonomy === "full" ? ["--dangerously-bypass-approvals-and-sandbox"] : [];
  const task = prompt === undefined ? [] : ["--", prompt];
  const isHeadless = extra[0] === "exec" || (prompt !== undefined && !interactive);
  const rest = extra[0] === "exec" ? extra.slice(1) : extra;
  if (isHeadless) return [...options, "exec", ...(resume ? ["resume", "--last"] : []), ...rest, ...task];
  return [...options, ...(resume ? ["resume", "--last", "--include-non-interactive"] : []), ...rest, ...task];
}

// The daemon copies 400 MB of the program into the home and outlives the terminal; plugins, apps and model discovery ask
// github.com and chatgpt.com; a compressed request cannot be scanned.
const features = ["api_key_model_discovery", "apps", "daemon_auto_start", "enable_request_compression", "plugins"];

function homeFiles({ prompt, workspacePath, mcpServers }: HomeRequest): readonly HomeFile[] {
  const config = [
    "check_for_update_on_startup = false",
    'cli_auth_credentials_store = "file"',
    "[analytics]", "enabled = false",
    "[feedback]", "enabled = false",
    "[otel]", 'exporter = "none"', 'metrics_exporter = "none"',
    "[features]", ...features.map((name) => `${name} = false`),
    `[projects.${tomlKey(workspacePath)}]`, 'trust_level = "trusted"',
    ...mcpServers.flatMap(({ name, url, toolTimeoutMs }) => [
      `[mcp_servers.${tomlKey(name)}]`, `url = ${tomlString(url)}`, ...(toolTimeoutMs === undefined ? [] : [`tool_timeout_sec = ${toolTimeoutMs / 1000}`]),
    ]),
  ];
  return [
    { path: ".codex/config.toml", content: `${config.join("\n")}\n`, mode: 0o600 },
    // Interactive codex takes a key from this file only; from the environment it goes on to ask for a login.
    { path: ".codex/auth.json", content: `${JSON.stringify({ auth_mode: "apikey", OPENAI_API_KEY: placeholder })}\n`, mode: 0o600 },
    ...promptFile(".codex/AGENTS.md", prompt),
  ];
}

/** OpenAI Codex. Configuration: learn.chatgpt.com/docs/config-file; the rest was read off the program of this version. */
export const codex: AgentKind = {
  name: "codex",
  title: "OpenAI Codex",
  package: {
    name: "@openai/codex",
    version: "0.169.0",
    bin: "codex",
    // One static program for both C libraries.
    entry: ({ arch }) => `node_modules/@openai/codex-linux-${arch}/vendor/${triples[arch]}/bin/codex`,
    needsNode: false,
  },
  system: [],
  argv,
  homeFiles,
  hasMcp: true,
  skillsFolder: ".codex/skills",
  hosts: [
    // GET is the WebSocket it tries first.
    { host: "api.openai.com", methods: ["GET", "POST"], paths: ["/v1/responses"], auths },
    { host: "api.openai.com", methods: ["POST"], paths: ["/v1/responses/compact"], auths },
  ],
  credentials: [
    { envName: "OPENAI_API_KEY", placeholder, kind: "api-key" },
    { envName: "CODEX_API_KEY", placeholder, kind: "api-key" },
  ],
  env: {},
};
