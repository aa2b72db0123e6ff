import { AgentsError } from "./errors.ts";
import { claude } from "./kinds/claude.ts";
import { codex } from "./kinds/codex.ts";
import { command } from "./kinds/command.ts";
import { gemini } from "./kinds/gemini.ts";
import { opencode } from "./kinds/opencode.ts";
import { shell } from "./kinds/shell.ts";
import type { AgentKind } from "./model.ts";

/** Every kind of agent, in the order people should be shown them. */
export const agentKinds: readonly AgentKind[] = [claude, codex, gemini, opencode, shell, command];

/**
 * The kind of this name.
 * @throws AgentsError `kind-unknown` with the names there are
 */
export function agentKind(name: string): AgentKind {
  const kind = agentKinds.find((candidate) => candidate.name === name);
  if (kind !== undefined) return kind;
  throw new AgentsError("kind-unknown", `There is no agent kind "${name}".`, {
    mend: `Use one of ${agentKinds.map((known) => known.name).join(", ")}; \`kind: command\` runs any program.`,
  });
}
