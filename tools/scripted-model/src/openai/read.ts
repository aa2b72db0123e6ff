import { answerAside } from "../aside.ts";
import type { Asked, OfferedTool } from "../dialect.ts";
import { memberOf, objectsOf, textOf, type JsonObject } from "../json.ts";
import { membersOf } from "../offered.ts";

/** Reads a body of `POST /v1/responses`, as platform.openai.com/docs/api-reference/responses and codex have it. */
export function readResponses(body: JsonObject): Asked {
  const input = objectsOf(body["input"]);
  // codex offers its tools in an item of the input, in namespaces, for models that take them so.
  const inItems = input.filter((item) => item["type"] === "additional_tools").flatMap((item) => objectsOf(item["tools"]));
  const tools = [...objectsOf(body["tools"]), ...inItems].flatMap((tool) => readTool(tool));
  const asked = { model: textOf(body, "model"), stream: body["stream"] === true, answered: countAnswers(input), tools };
  const aside = answerAside(tools, memberOf(body, "text", "format", "schema"));
  return aside === undefined ? asked : { ...asked, aside };
}

function readTool(tool: JsonObject, namespace?: string): readonly OfferedTool[] {
  const name = textOf(tool, "name");
  if (tool["type"] === "namespace") return objectsOf(tool["tools"]).flatMap((inner) => readTool(inner, name));
  const offered = { name, members: membersOf(tool["parameters"]), freeForm: tool["type"] === "custom" };
  return [namespace === undefined ? offered : { ...offered, namespace }];
}

// An answer is several items in a row: reasoning, a message, calls.
function countAnswers(items: readonly JsonObject[]): number {
  const spoken = items.map(isSpoken);
  return spoken.filter((isAnswer, index) => isAnswer && spoken[index - 1] !== true).length;
}

function isSpoken(item: JsonObject): boolean {
  const type = textOf(item, "type");
  return item["role"] === "assistant" || type === "reasoning" || type.endsWith("_call");
}
