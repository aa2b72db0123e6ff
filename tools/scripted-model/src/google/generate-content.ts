import { answerAside } from "../aside.ts";
import type { Answer, Asked, Dialect, OfferedTool, StreamEvent } from "../dialect.ts";
import { memberOf, objectsOf, textOf, type JsonObject } from "../json.ts";
import { membersOf, requireTool } from "../offered.ts";
import type { Action, ToolInput } from "../script.ts";

const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 };

// The path holds model and call: /v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse
function read(body: JsonObject, path: string): Asked {
  const [, model = "", call = ""] = /\/models\/([^:/?]+):([A-Za-z]+)/.exec(path) ?? [];
  const tools = objectsOf(body["tools"]).flatMap((tool) => objectsOf(tool["functionDeclarations"])).map(readTool);
  const roles = objectsOf(body["contents"]).map((content) => textOf(content, "role"));
  const answered = roles.filter((role, index) => role === "model" && roles[index - 1] !== "model").length;
  const asked = { model, stream: call === "streamGenerateContent", answered, tools };
  const aside = answerAside(tools, memberOf(body, "generationConfig", "responseJsonSchema") ?? memberOf(body, "generationConfig", "responseSchema"));
  return aside === undefined ? asked : { ...asked, aside };
}

function readTool(tool: JsonObject): OfferedTool {
  const schema = tool["parametersJsonSchema"] ?? tool["parameters"];
  return { name: textOf(tool, "name"), members: membersOf(schema), freeForm: false };
}

function translate(action: Action, tools: readonly OfferedTool[]): { tool: OfferedTool; input: ToolInput } {
  switch (action.kind) {
    case "create":
      return { tool: requireTool(tools, "write_file"), input: { file_path: action.path, content: action.content } };
    case "edit":
      return {
        tool: requireTool(tools, "replace"),
        input: { file_path: action.path, instruction: "Make the scripted edit", old_string: action.find, new_string: action.replace },
      };
    case "read":
      return { tool: requireTool(tools, "read_file"), input: { file_path: action.path } };
    case "shell":
      return { tool: requireTool(tools, "run_shell_command"), input: { command: action.command, description: "Run the scripted command" } };
    case "tool":
      return { tool: requireTool(tools, action.name), input: action.input };
  }
}

function part(answer: Answer, parts: readonly JsonObject[], isLast: boolean): JsonObject {
  const candidate = { index: 0, content: { role: "model", parts }, ...(isLast ? { finishReason: "STOP" } : {}) };
  return { candidates: [candidate], modelVersion: answer.model, responseId: answer.id, usageMetadata };
}

function calls(answer: Answer): readonly JsonObject[] {
  return answer.calls.map(({ id, tool, input }) => ({ functionCall: { id, name: tool.name, args: input } }));
}

function events(answer: Answer): readonly StreamEvent[] {
  return [
    ...answer.text.map((text) => ({ data: part(answer, [{ text }], false), isText: true })),
    { data: part(answer, calls(answer), true) },
  ];
}

/** Gemini's generateContent and streamGenerateContent, as ai.google.dev/api/generate-content has them. */
export const googleGenerateContent: Dialect = {
  read,
  translate,
  events,
  whole: (answer) => part(answer, [...answer.text.map((text) => ({ text })), ...calls(answer)], true),
  failure: (message) => ({ error: { code: 400, status: "INVALID_ARGUMENT", message } }),
};
