import type { OfferedTool } from "./dialect.ts";
import { ScriptedModelError } from "./errors.ts";
import { isObject, type JsonObject } from "./json.ts";

/** The first offered tool of these names. */
export function findTool(tools: readonly OfferedTool[], ...names: readonly string[]): OfferedTool | undefined {
  return names.flatMap((name) => tools.filter((tool) => tool.name === name))[0];
}

/**
 * The first offered tool of these names.
 * @throws ScriptedModelError `tool-not-offered` with the names the request does offer
 */
export function requireTool(tools: readonly OfferedTool[], ...names: readonly string[]): OfferedTool {
  const tool = findTool(tools, ...names);
  if (tool !== undefined) return tool;
  throw new ScriptedModelError("tool-not-offered",
    `The script wants ${names.join(" or ")}; the request offers ${tools.map(({ name }) => name).join(", ") || "no tool"}.`);
}

/** The member names of a JSON schema of an object. */
export function membersOf(schema: unknown): readonly string[] {
  const properties: JsonObject = isObject(schema) && isObject(schema["properties"]) ? schema["properties"] : {};
  return Object.keys(properties);
}
