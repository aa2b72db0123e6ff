import { promptFile } from "../home-file.ts";
import type { AgentKind } from "../model.ts";

/** A login shell: bash, or sh where there is no bash. A prompt is a script. */
export const shell: AgentKind = {
  name: "shell",
  title: "Shell",
  system: ["/bin/sh", "-c", 'if command -v bash >/dev/null; then exec bash -l "$@"; fi; exec /bin/sh -l "$@"', "shell"],
  argv: ({ prompt, extra }) => [...(prompt === undefined ? [] : ["-c", "--", prompt]), ...extra],
  // No shell reads it by itself; the name is the one most agents look for.
  homeFiles: ({ prompt }) => promptFile("AGENTS.md", prompt),
  hasMcp: false,
  hosts: [],
  credentials: [],
  env: {},
};
