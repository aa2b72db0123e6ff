import type { AgentKind } from "../model.ts";

/** Any program: the manifest's `command` comes first, then the prompt as it is, then the operator's arguments. */
export const command: AgentKind = {
  name: "command",
  title: "Command",
  system: [],
  argv: ({ prompt, extra }) => [...(prompt === undefined ? [] : [prompt]), ...extra],
  homeFiles: () => [],
  hosts: [],
  credentials: [],
  env: {},
};
