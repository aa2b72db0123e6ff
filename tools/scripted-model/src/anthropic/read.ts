import type { Asked, OfferedTool } from "../dialect.ts";
import { isObject, objectsOf, textOf, type JsonObject } from "../json.ts";
import { membersOf } from "../offered.ts";

/** Reads a body of `POST /v1/messages`, as platform.claude.com/docs/en/api/messages has it. */
export function readMessages(body: JsonObject): Asked {
  const tools = objectsOf(body["tools"]).map(readTool);
  const asked = {
    model: textOf(body, "model"),
    stream: body["stream"] === true,
    answered: countAnswers(objectsOf(body["messages"])),
    tools,
  };
  return tools.length > 0 ? asked : { ...asked, aside: answerAside(body) };
}

function readTool(tool: JsonObject): OfferedTool {
  return { name: textOf(tool, "name"), members: membersOf(tool["input_schema"]), freeForm: false };
}

// One answer may be repeated back as several messages in a row; a system message between them does not part them.
function countAnswers(messages: readonly JsonObject[]): number {
  const roles = messages.map((message) => textOf(message, "role")).filter((role) => role !== "system");
  return roles.filter((role, index) => role === "assistant" && roles[index - 1] !== "assistant").length;
}

// claude asks for titles and the like without tools, mostly as JSON of a schema.
function answerAside(body: JsonObject): string {
  const config = isObject(body["output_config"]) ? body["output_config"] : {};
  const format = isObject(config["format"]) ? config["format"] : {};
  if (!isObject(format["schema"])) return "ok";
  return JSON.stringify(Object.fromEntries(membersOf(format["schema"]).map((name) => [name, "ok"])));
}
