import { jsonFile, promptFile } from "../home-file.ts";
import type { AgentKind, ArgvRequest, HomeFile, HomeRequest } from "../model.ts";

const auths = [
  { scheme: "header", tokenRef: "GEMINI_API_KEY", name: "x-goog-api-key" },
  { scheme: "header", tokenRef: "GOOGLE_API_KEY", name: "x-goog-api-key" },
] as const;

function argv({ prompt, resume, autonomy, interactive, extra }: ArgvRequest): readonly string[] {
  return [
    ...(autonomy === "full" ? ["--yolo"] : []),
    ...(resume ? ["--resume", "latest"] : []),
    ...(prompt === undefined ? [] : [`${interactive ? "--prompt-interactive" : "--prompt"}=${prompt}`]),
    ...extra,
  ];
}

function homeFiles({ prompt, mcpServers }: HomeRequest): readonly HomeFile[] {
  const settings = {
    general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
    privacy: { usageStatisticsEnabled: false },
    telemetry: { enabled: false },
    security: { auth: { selectedType: "gemini-api-key" }, folderTrust: { enabled: false } },
    mcpServers: Object.fromEntries(mcpServers.map(({ name, url, toolTimeoutMs }) => [name, { httpUrl: url, ...(toolTimeoutMs !== undefined && { timeout: toolTimeoutMs }) }])),
  };
  return [jsonFile(".gemini/settings.json", settings), ...promptFile(".gemini/GEMINI.md", prompt)];
}

/** Gemini CLI. Settings: geminicli.com/docs/reference/configuration. */
export const gemini: AgentKind = {
  name: "gemini",
  title: "Gemini CLI",
  package: {
    name: "@google/gemini-cli",
    version: "0.61.0",
    bin: "gemini",
    entry: () => "node_modules/@google/gemini-cli/bundle/gemini.js",
    needsNode: true,
  },
  system: [],
  argv,
  homeFiles,
  hasMcp: true,
  skillsFolder: ".gemini/skills",
  // A segment holds the model and the call: gemini-3-pro:streamGenerateContent.
  hosts: [{ host: "generativelanguage.googleapis.com", methods: ["POST"], paths: ["/v1beta/models/*"], auths }],
  credentials: [
    { envName: "GEMINI_API_KEY", placeholder: "AIza-bottle-placeholder", kind: "api-key" },
    { envName: "GOOGLE_API_KEY", placeholder: "AIza-bottle-placeholder", kind: "api-key" },
  ],
  // It would start itself a second time only to get a larger heap.
  env: { GEMINI_CLI_NO_RELAUNCH: "true", GEMINI_TELEMETRY_ENABLED: "false" },
};
