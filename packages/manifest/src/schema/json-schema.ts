import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { auditRecordSchema } from "../audit/schema.ts";
import { agentYaml, bottleYaml } from "./yaml-schemas.ts";

/** A JSON Schema (draft 7), as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema of an agent's frontmatter, for editors. It knows keys, types and choices; names, hosts and rules between
 * values are judged by `parseAgent` alone.
 * @param knownKinds the choices of `kind`; any text if absent
 */
export function agentJsonSchema(knownKinds?: readonly string[]): JsonSchema {
  const schema = convert(agentYaml, "Agent", "Frontmatter of agents/<name>.md of bottle.");
  const { properties } = schema;
  if (knownKinds === undefined || !isRecord(properties) || !isRecord(properties["kind"])) return schema;
  return { ...schema, properties: { ...properties, kind: { ...properties["kind"], enum: [...knownKinds] } } };
}

/** The JSON Schema of a bottle's frontmatter, for editors. What `parseBottle` judges beyond it: as for agents. */
export function bottleJsonSchema(): JsonSchema {
  return convert(bottleYaml, "Bottle", "Frontmatter of bottles/<name>.md of bottle.");
}

/** The JSON Schema of one line of a bottle's audit log, as programs read it. */
export function auditJsonSchema(): JsonSchema {
  return convert(auditRecordSchema, "Audit record", "One line of state/<identity>/audit.jsonl of bottle, and of `bottle audit show --json`.");
}

function convert(schema: v.GenericSchema, title: string, description: string): Record<string, unknown> {
  // Rules have no form in JSON Schema.
  return { ...toJsonSchema(schema, { ignoreActions: ["check", "safe_integer"], typeMode: "input" }), title, description };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
