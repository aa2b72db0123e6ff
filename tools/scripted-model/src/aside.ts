import type { OfferedTool } from "./dialect.ts";
import { isObject } from "./json.ts";
import { membersOf } from "./offered.ts";

/**
 * The answer to a request beside the conversation, or undefined if it is the conversation. Programs ask for titles and
 * the like without tools (claude) or as JSON of a schema, tools offered (codex).
 * @param schema the JSON schema the answer must keep, if the request has one
 */
export function answerAside(tools: readonly OfferedTool[], schema: unknown): string | undefined {
  if (isObject(schema)) return JSON.stringify(Object.fromEntries(membersOf(schema).map((name) => [name, "Scripted aside"])));
  return tools.length === 0 ? "Scripted aside" : undefined;
}
