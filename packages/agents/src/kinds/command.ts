import { promptFile } from "../home-file.ts";
import type { AgentKind } from "../model.ts";

/** Any program: the manifest's `command` comes first, then the prompt as it is, then the operator's arguments. */
export const command: AgentKind = {
  name: "command",
  title: "Command",
  system: [],
  argv: ({ prompt, extra }) => [...(prompt === undefined ? [] : [prompt]), ...extra],
  // No program is known to read it by itself; the name is the one most agents look for.
  homeFiles: ({ prompt }) => promptFile("AGENTS.md", prompt),
  hasMcp: false,
  hosts: [],
  credentials: [],
  env: {},
};
