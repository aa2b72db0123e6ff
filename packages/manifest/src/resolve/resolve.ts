import type { AgentManifest, BottleManifest, Problem } from "../model.ts";
import { forwardedTokenFault } from "../parse/bottle-checks.ts";
import type { Parsed } from "../parse/parse-bottle.ts";
import { nearest } from "../rules/nearest.ts";
import { quote } from "../text/visible.ts";
import { credentialVariables } from "./credentials.ts";
import { problemAt } from "./problem-at.ts";

/** An agent and the bottle it runs in. */
export interface Resolved {
  readonly agent: AgentManifest;
  readonly bottle: BottleManifest;
}

/** The agent of a name and its bottle, or why there is none; also what holds only for the two together. */
export function resolve(
  agents: ReadonlyMap<string, AgentManifest>,
  bottles: ReadonlyMap<string, BottleManifest>,
  agentName: string,
): Parsed<Resolved> {
  const agent = agents.get(agentName);
  if (agent === undefined) return { ok: false, problems: [unknownAgent(agents, agentName)] };
  const bottle = bottles.get(agent.bottle);
  if (bottle === undefined) return { ok: false, problems: [missingBottle(agent, bottles)] };
  const problems = forwardedTokens(agent, bottle);
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { agent, bottle } };
}

function unknownAgent(agents: ReadonlyMap<string, AgentManifest>, name: string): Problem {
  return {
    code: "agent-unknown", file: `agents/${name.slice(0, 80)}.md`, line: 1, column: 1,
    message: `There is no agent ${quote(name)}.`,
    mend: choices(name, agents, "There is no agent yet: `bottle init` makes the first."),
  };
}

function missingBottle(agent: AgentManifest, bottles: ReadonlyMap<string, BottleManifest>): Problem {
  return problemAt({ manifest: agent, folder: "agents", path: "bottle" }, {
    code: "bottle-unknown",
    message: `Agent "${agent.name}" runs in bottle ${quote(agent.bottle)}, which does not exist.`,
    mend: choices(agent.bottle, bottles, `There is no bottle yet: write bottles/${agent.bottle}.md, or let \`bottle init\` do it.`),
  });
}

function choices(name: string, known: ReadonlyMap<string, unknown>, none: string): string {
  const names = [...known.keys()].sort();
  if (names.length === 0) return none;
  const shown = `${names.slice(0, 30).join(", ")}${names.length > 30 ? ` and ${names.length - 30} more` : ""}`;
  const meant = nearest(name, names);
  return meant === undefined ? `There are: ${shown}` : `Did you mean ${meant}? There are: ${shown}`;
}

// A bottle's own `env` was judged with its file; an agent's can be judged only now.
function forwardedTokens(agent: AgentManifest, bottle: BottleManifest): Problem[] {
  const tokens = credentialVariables(bottle.egress);
  return Object.entries(agent.env).flatMap(([key, declaration]) =>
    declaration.kind === "from_env" && tokens.has(declaration.name)
      ? [problemAt({ manifest: agent, folder: "agents", path: `env.${key}` }, forwardedTokenFault(key, declaration.name))]
      : []);
}
