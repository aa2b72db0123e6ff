import { expect, test } from "vitest";
import { answerFrom } from "../answer.ts";
import type { ToolCall } from "../dialect.ts";
import type { JsonObject } from "../json.ts";
import { act, createFile, editFile, readFile, runShell, say, type Action } from "../script.ts";
import { openaiResponses } from "./responses.ts";

const user = { type: "message", role: "user", content: [] };

function callFor(action: Action, tools: readonly JsonObject[], input: readonly JsonObject[] = [user]): ToolCall | undefined {
  const asked = openaiResponses.read({ model: "m", input, tools }, "");
  return answerFrom({ turns: [act(action)] }, openaiResponses, asked, "1").calls[0];
}

const javascript = { type: "custom", name: "exec" };
const inItem = { type: "additional_tools", tools: [{ type: "namespace", name: "functions", tools: [javascript] }] };

test("where codex takes JavaScript, a command and a patch are JavaScript, in the namespace it offered", () => {
  expect(callFor(runShell("echo 'a'"), [], [inItem, user])).toMatchObject({
    tool: { name: "exec", namespace: "functions" },
    input: `const done = await tools.exec_command({"cmd":"echo 'a'"});\ntext(done);\n`,
  });
  expect(callFor(createFile("a b.txt", "x\ny\n"), [javascript])?.input)
    .toBe(String.raw`text(await tools.apply_patch("*** Begin Patch\n*** Add File: a b.txt\n+x\n+y\n*** End Patch"));` + "\n");
});

test("where it takes commands, each tool's own shape is kept", () => {
  const shapes = [["exec_command", { cmd: "ls" }], ["shell_command", { command: "ls" }], ["shell", { command: ["bash", "-lc", "ls"] }]] as const;
  for (const [name, input] of shapes) expect(callFor(runShell("ls"), [{ type: "function", name }])?.input).toEqual(input);
});

test("an edit is a patch of whole lines, through the patch tool or else through the shell", () => {
  const patch = "*** Begin Patch\n*** Update File: a\n@@\n-x\n+y\n*** End Patch";
  const edit = editFile("a", { find: "x", replace: "y" });
  expect(callFor(edit, [{ type: "custom", name: "apply_patch" }])?.input).toBe(patch);
  expect(callFor(edit, [{ type: "function", name: "shell_command" }])?.input).toEqual({ command: `apply_patch <<'END_OF_PATCH'\n${patch}\nEND_OF_PATCH` });
});

test("a file's name cannot leave its quotes", () => {
  expect(callFor(readFile("a'; rm b"), [{ type: "function", name: "shell_command" }])?.input).toEqual({ command: String.raw`cat -- 'a'\''; rm b'` });
});

test("items of one answer count once", () => {
  const answer = [{ type: "reasoning" }, { type: "message", role: "assistant" }, { type: "custom_tool_call" }];
  const result = { type: "custom_tool_call_output" };
  expect(openaiResponses.read({ input: [user, ...answer, result, ...answer, result] }, "").answered).toBe(2);
});

test("a stream ends with the whole answer, and its events are numbered", () => {
  const answer = { id: "1", model: "m", text: say("a", "b").text, calls: [] };
  const events = openaiResponses.events(answer);
  expect(events.map(({ data }) => data["sequence_number"])).toEqual(events.map((_, index) => index));
  expect(events.at(-1)?.data["response"]).toEqual(openaiResponses.whole(answer));
  expect(events.filter(({ isText }) => isText).map(({ data }) => data["delta"])).toEqual(["a", "b"]);
});
