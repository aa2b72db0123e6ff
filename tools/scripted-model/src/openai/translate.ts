import type { OfferedTool } from "../dialect.ts";
import { findTool, requireTool } from "../offered.ts";
import type { Action, ToolInput } from "../script.ts";

type Call = { tool: OfferedTool; input: ToolInput };

/**
 * An action as a call of codex's tools: JavaScript for `exec` where the model is offered that (`tools.exec_command`,
 * `tools.apply_patch`), else `exec_command`, `shell_command` or `shell`, and `apply_patch`.
 */
export function translateForResponses(action: Action, tools: readonly OfferedTool[]): Call {
  if (action.kind === "tool") return { tool: requireTool(tools, action.name), input: action.input };
  const javascript = tools.find((tool) => tool.name === "exec" && tool.freeForm);
  const patch = patchOf(action);
  if (javascript !== undefined) return { tool: javascript, input: patch === undefined ? runInCode(shellOf(action)) : patchInCode(patch) };
  const patcher = findTool(tools, "apply_patch");
  if (patch !== undefined && patcher !== undefined) return { tool: patcher, input: patcher.freeForm ? patch : { input: patch } };
  return runDirectly(tools, patch === undefined ? shellOf(action) : `apply_patch <<'END_OF_PATCH'\n${patch}\nEND_OF_PATCH`);
}

function runInCode(command: string): string {
  return `const done = await tools.exec_command(${JSON.stringify({ cmd: command })});\ntext(done);\n`;
}

function patchInCode(patch: string): string {
  return `text(await tools.apply_patch(${JSON.stringify(patch)}));\n`;
}

function runDirectly(tools: readonly OfferedTool[], command: string): Call {
  const tool = requireTool(tools, "exec_command", "shell_command", "shell", "bash");
  if (tool.name === "exec_command") return { tool, input: { cmd: command } };
  return { tool, input: { command: tool.name === "shell" ? ["bash", "-lc", command] : command } };
}

function shellOf(action: Exclude<Action, { kind: "tool" }>): string {
  return action.kind === "shell" ? action.command : `cat -- '${action.path.replaceAll("'", String.raw`'\''`)}'`;
}

function patchOf(action: Action): string | undefined {
  if (action.kind === "create") return inPatch(`Add File: ${action.path}`, marked("+", action.content));
  if (action.kind === "edit") return inPatch(`Update File: ${action.path}`, ["@@", ...marked("-", action.find), ...marked("+", action.replace)]);
  return undefined;
}

function inPatch(header: string, lines: readonly string[]): string {
  return ["*** Begin Patch", `*** ${header}`, ...lines, "*** End Patch"].join("\n");
}

function marked(mark: string, text: string): readonly string[] {
  return text.replace(/\n$/, "").split("\n").map((line) => `${mark}${line}`);
}
