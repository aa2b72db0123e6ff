import * as v from "valibot";
import { ManifestError } from "../errors.ts";
import type { AgentManifest, BottleManifest, EnvDeclaration } from "../model.ts";
import { credentialVariables } from "../resolve/credentials.ts";
import type { Resolved } from "../resolve/resolve.ts";
import * as field from "../schema/fields.ts";
import { egressModel, gitModel } from "./model-schemas.ts";
import { checkShape, parseJson } from "./read-json.ts";

interface Snapshot extends Resolved {
  readonly version: 1;
}

const maybe = v.exactOptional;
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const word = v.pipe(v.string(), v.check((text) => !text.includes("\0")));

const declaration: v.GenericSchema<unknown, EnvDeclaration> = v.variant("kind", [
  v.strictObject({ kind: v.literal("literal"), value: v.string() }),
  v.strictObject({ kind: v.literal("from_env"), name: field.hostVariable }),
  v.strictObject({ kind: v.literal("secret") }),
]);
const env = v.record(field.envName, declaration);
const source = v.strictObject({ file: v.string(), places: v.record(v.string(), v.strictObject({ line: count, column: count })) });

const agent: v.GenericSchema<unknown, AgentManifest> = v.pipe(
  v.strictObject({
    name: field.nameField("an agent"),
    kind: field.nameField("an agent kind"),
    bottle: field.nameField("a bottle"),
    skills: v.array(field.nameField("a skill", 64)),
    command: maybe(v.pipe(v.array(word), v.minLength(1))),
    env,
    prompt: v.string(),
    source: maybe(source),
  }),
  v.check(({ kind, command }) => (kind === "command") === (command !== undefined)),
);

const bottle: v.GenericSchema<unknown, BottleManifest> = v.strictObject({
  name: field.nameField("a bottle"),
  backend: field.backend,
  minIsolation: field.isolation,
  workspace: field.workspaceMode,
  env,
  git: v.array(gitModel),
  gitIdentity: maybe(v.strictObject({ name: field.gitName, email: field.gitEmail })),
  egress: egressModel,
  supervise: v.boolean(),
  runtime: maybe(field.runtime),
  limits: v.strictObject({ memoryBytes: maybe(v.pipe(count, v.minValue(2 ** 20))), pids: maybe(field.pids), cpus: maybe(field.cpus) }),
  body: v.string(),
  source: maybe(source),
});

const schema: v.GenericSchema<unknown, Snapshot> = v.pipe(
  v.strictObject({ version: v.literal(1), agent, bottle }),
  v.forward(v.check((whole) => whole.agent.bottle === whole.bottle.name), ["agent"]),
  // P1: what the egress puts on the wire is not also put inside.
  v.forward(v.check((whole) => !forwardsToken(whole, whole.agent.env)), ["agent"]),
  v.forward(v.check((whole) => !forwardsToken(whole, whole.bottle.env)), ["bottle"]),
);

function forwardsToken(whole: Resolved, declared: AgentManifest["env"]): boolean {
  const tokens = credentialVariables(whole.bottle.egress);
  return Object.values(declared).some((value) => value.kind === "from_env" && tokens.has(value.name));
}

/**
 * Reads `state/<identity>/manifest.json`: the manifests a bottle was started with, judged by the rules of the manifests.
 * @throws ManifestError `snapshot-version` for a version this bottle does not know, `snapshot-invalid` for anything else;
 * it names places and never values, for a literal variable may be a person's secret
 */
export function parseSnapshot(text: string): Resolved {
  const options = { schema, code: "snapshot-invalid", noun: "manifest.json" } as const;
  const value = parseJson(text, options);
  const written = typeof value === "object" && value !== null && "version" in value ? value.version : undefined;
  if (typeof written === "number" && written !== 1) {
    throw new ManifestError("snapshot-version",
      `manifest.json has version ${written}; this bottle reads version 1. Use the bottle that made it, or a newer one.`);
  }
  const { version: _version, ...resolved } = checkShape(value, options);
  return resolved;
}

/** The text of `manifest.json`: JSON on one line, one line feed at the end. */
export function formatSnapshot({ agent: agentManifest, bottle: bottleManifest }: Resolved): string {
  const snapshot: Snapshot = { version: 1, agent: agentManifest, bottle: bottleManifest };
  return `${JSON.stringify(snapshot)}\n`;
}
