import type { OfferedTool } from "./dialect.ts";
import { isObject, memberOf } from "./json.ts";
import { membersOf } from "./offered.ts";

const filler: Readonly<Record<string, unknown>> = { integer: 1, number: 1, boolean: false, array: [], object: {} };

/**
 * The answer to a request beside the conversation, or undefined if it is the conversation. Programs ask for titles and
 * the like without tools (claude) or as JSON of a schema, tools offered (codex).
 * @param schema the JSON schema the answer must keep, if the request has one
 */
export function answerAside(tools: readonly OfferedTool[], schema: unknown): string | undefined {
  if (isObject(schema)) {
    const members = membersOf(schema).map((name) => [name, fill(memberOf(schema, "properties", name, "type"))]);
    return JSON.stringify(Object.fromEntries(members));
  }
  return tools.length === 0 ? "Scripted aside" : undefined;
}

function fill(type: unknown): unknown {
  return (typeof type === "string" ? filler[type.toLowerCase()] : undefined) ?? "Scripted aside";
}
