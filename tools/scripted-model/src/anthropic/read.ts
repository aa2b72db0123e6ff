import { answerAside } from "../aside.ts";
import type { Asked, OfferedTool } from "../dialect.ts";
import { memberOf, objectsOf, textOf, type JsonObject } from "../json.ts";
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
  const aside = answerAside(tools, memberOf(body, "output_config", "format", "schema"));
  return aside === undefined ? asked : { ...asked, aside };
}

function readTool(tool: JsonObject): OfferedTool {
  return { name: textOf(tool, "name"), members: membersOf(tool["input_schema"]), freeForm: false };
}

// One answer may be repeated back as several messages in a row; a system message between them does not part them.
function countAnswers(messages: readonly JsonObject[]): number {
  const roles = messages.map((message) => textOf(message, "role")).filter((role) => role !== "system");
  return roles.filter((role, index) => role === "assistant" && roles[index - 1] !== "assistant").length;
}
