import type { OfferedTool } from "../dialect.ts";
import { requireTool } from "../offered.ts";
import type { Action, ToolInput } from "../script.ts";

/** An action as a call of claude's tools (Write, Edit, Read, Bash) or of opencode's (write, edit, read, bash). */
export function translateForMessages(action: Action, tools: readonly OfferedTool[]): { tool: OfferedTool; input: ToolInput } {
  switch (action.kind) {
    case "create":
      return onFile(requireTool(tools, "Write", "write"), action.path, { content: action.content });
    case "edit":
      return onFile(requireTool(tools, "Edit", "edit"), action.path, { old_string: action.find, new_string: action.replace });
    case "read":
      return onFile(requireTool(tools, "Read", "read"), action.path, {});
    case "shell":
      return {
        tool: requireTool(tools, "Bash", "bash"),
        input: { command: action.command, description: "Run the scripted command" },
      };
    case "tool":
      return { tool: requireTool(tools, action.name), input: action.input };
  }
}

const camelCase: Readonly<Record<string, string>> = { file_path: "filePath", old_string: "oldString", new_string: "newString" };

function onFile(tool: OfferedTool, path: string, rest: Readonly<Record<string, string>>): { tool: OfferedTool; input: ToolInput } {
  const members = Object.entries({ file_path: path, ...rest });
  return { tool, input: Object.fromEntries(members.map(([name, value]) => [spelled(tool, name), value])) };
}

function spelled(tool: OfferedTool, name: string): string {
  const other = camelCase[name];
  return other !== undefined && tool.members.includes(other) ? other : name;
}
