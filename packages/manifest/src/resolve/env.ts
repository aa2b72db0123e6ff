import type { AgentManifest, BottleManifest, EnvDeclaration, Problem, SecretValue } from "../model.ts";
import type { Fault } from "../rules/fault.ts";
import { secretValue } from "../secret-value.ts";
import { problemAt, type ManifestPath } from "./problem-at.ts";

/** What a bottle's programs find in their environment, or why not. */
export type ResolvedEnv =
  | {
    readonly ok: true;
    /** Values that stand in the manifests; may be shown. */
    readonly literals: Readonly<Record<string, string>>;
    /** Values of the operator; show as `[secret]` wherever they turn up. */
    readonly forwarded: Readonly<Record<string, SecretValue>>;
  }
  | { readonly ok: false; readonly problems: readonly Problem[] };

interface Declared {
  readonly name: string;
  readonly declaration: EnvDeclaration;
  readonly at: ManifestPath;
  /** For example `agent "demo"`. */
  readonly who: string;
}

/**
 * Gives every declared variable its value; an agent's declaration wins over its bottle's of the same name.
 * @param hostEnv the operator's environment
 * @param askedFor values of the `secret: true` variables by name, as asked of the operator (`secretNames`)
 */
export function resolveEnv(
  bottle: BottleManifest,
  agent: AgentManifest,
  hostEnv: Readonly<Record<string, string | undefined>>,
  askedFor: Readonly<Record<string, string>>,
): ResolvedEnv {
  const literals: Record<string, string> = {};
  const forwarded: Record<string, SecretValue> = {};
  const problems: Problem[] = [];
  for (const declared of declarations(bottle, agent)) {
    const { name, declaration, at } = declared;
    if (declaration.kind === "literal") {
      literals[name] = declaration.value;
      continue;
    }
    const value = declaration.kind === "secret" ? ownValue(askedFor, name) : ownValue(hostEnv, declaration.name);
    const fault = value === undefined ? missing(declared) : unusable(value, declared);
    if (fault) problems.push(problemAt(at, fault));
    else if (value !== undefined) forwarded[name] = secretValue(value);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, literals, forwarded };
}

/** The names whose values must be asked of the operator, in the order of the manifests. */
export function secretNames(bottle: BottleManifest, agent: AgentManifest): readonly string[] {
  return declarations(bottle, agent).flatMap(({ name, declaration }) => (declaration.kind === "secret" ? [name] : []));
}

function declarations(bottle: BottleManifest, agent: AgentManifest): readonly Declared[] {
  const ofBottle = declared(bottle, "bottles", `bottle "${bottle.name}"`).filter(({ name }) => !Object.hasOwn(agent.env, name));
  return [...ofBottle, ...declared(agent, "agents", `agent "${agent.name}"`)];
}

function declared(manifest: AgentManifest | BottleManifest, folder: "agents" | "bottles", who: string): Declared[] {
  return Object.entries(manifest.env).map(([name, declaration]) => ({
    name, declaration, who, at: { manifest, folder, path: `env.${name}` },
  }));
}

// An environment's prototype is no part of it.
function ownValue(values: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function missing({ name, declaration, who }: Declared): Fault {
  if (declaration.kind !== "from_env") {
    return { code: "secret-missing", message: `${name} of ${who} has no value.`, mend: "Give it when `bottle start` asks; that takes a terminal." };
  }
  const { name: variable } = declaration;
  return {
    code: "host-variable-missing",
    message: `The variable ${variable} is not set here; ${who} forwards it as ${name}.`,
    mend: `Set it before the start: export ${variable}=…`,
  };
}

// The value is never part of the message.
function unusable(value: string, { name, declaration, who }: Declared): Fault | undefined {
  const hasBreak = /[\r\n]/.test(value);
  if (!hasBreak && !value.includes("\0")) return undefined;
  const variable = declaration.kind === "from_env" ? declaration.name : name;
  return {
    code: "variable-unusable",
    message: `The value of ${variable}, which ${who} ${declaration.kind === "from_env" ? `forwards as ${name}` : "asks for"}, holds a ${hasBreak ? "line break" : "NUL character"}.`,
    mend: hasBreak ? "Give it as one line; encode a file's text, for example with base64." : "Give it without that character.",
  };
}
