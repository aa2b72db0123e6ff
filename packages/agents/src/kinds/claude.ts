import { jsonFile, promptFile } from "../home-file.ts";
import type { AgentKind, ArgvRequest, HomeFile, HomeRequest } from "../model.ts";

const apiKeyPlaceholder = "sk-ant-api03-bottle-placeholder";
const auths = [
  { scheme: "bearer", tokenRef: "CLAUDE_CODE_OAUTH_TOKEN" },
  { scheme: "header", tokenRef: "ANTHROPIC_API_KEY", name: "x-api-key" },
  { scheme: "bearer", tokenRef: "ANTHROPIC_AUTH_TOKEN" },
] as const;

function argv({ prompt, resume, autonomy, interactive, extra }: ArgvRequest): readonly string[] {
  return [
    ...(autonomy === "full" ? ["--dangerously-skip-permissions"] : []),
    ...(resume ? ["--continue"] : []),
    ...(prompt === undefined || interactive ? [] : ["--print"]),
    ...extra,
    ...(prompt === undefined ? [] : ["--", prompt]),
  ];
}

function homeFiles({ prompt, workspacePath, mcpServers }: HomeRequest): readonly HomeFile[] {
  const state = {
    hasCompletedOnboarding: true,
    // It remembers answered key questions by the key's last 20 characters.
    customApiKeyResponses: { approved: [apiKeyPlaceholder.slice(-20)], rejected: [] },
    projects: { [workspacePath]: { hasTrustDialogAccepted: true, hasCompletedProjectOnboarding: true } },
    mcpServers: Object.fromEntries(mcpServers.map(({ name, url, toolTimeoutMs, isShownAtOnce }) => [
      name, { type: "http", url, ...(toolTimeoutMs !== undefined && { timeout: toolTimeoutMs }), ...(isShownAtOnce && { alwaysLoad: true }) },
    ])),
  };
  return [
    { ...jsonFile(".claude.json", state), mode: 0o600 },
    jsonFile(".claude/settings.json", { skipDangerousModePermissionPrompt: true }),
    ...promptFile(".claude/CLAUDE.md", prompt),
  ];
}

/** Claude Code. Its settings are documented at code.claude.com/docs; the rest was read off the program of this version. */
export const claude: AgentKind = {
  name: "claude",
  title: "Claude Code",
  package: {
    name: "@anthropic-ai/claude-code",
    version: "2.1.329",
    bin: "claude",
    // `bin/claude.exe` is a stub until postinstall replaces it; the platform's package holds the program itself.
    entry: ({ arch, libc }) => `node_modules/@anthropic-ai/claude-code-linux-${arch}${libc === "musl" ? "-musl" : ""}/claude`,
    needsNode: false,
  },
  system: [],
  argv,
  homeFiles,
  hasMcp: true,
  skillsFolder: ".claude/skills",
  hosts: [{ host: "api.anthropic.com", methods: ["POST"], paths: ["/v1/messages", "/v1/messages/count_tokens"], auths }],
  credentials: [
    { envName: "CLAUDE_CODE_OAUTH_TOKEN", placeholder: "sk-ant-oat01-bottle-placeholder", kind: "subscription" },
    { envName: "ANTHROPIC_API_KEY", placeholder: apiKeyPlaceholder, kind: "api-key" },
    { envName: "ANTHROPIC_AUTH_TOKEN", placeholder: "bottle-placeholder", kind: "subscription" },
  ],
  env: {
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL: "1",
    CLAUDE_CODE_IDE_SKIP_AUTO_INSTALL: "1",
    DISABLE_AUTOUPDATER: "1",
    DISABLE_ERROR_REPORTING: "1",
    DISABLE_TELEMETRY: "1",
  },
};
