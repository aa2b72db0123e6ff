import { expect, test } from "vitest";
import { answerFrom } from "../answer.ts";
import { act, callTool, createFile, editFile, say, type ModelScript } from "../script.ts";
import { anthropicMessages } from "./messages.ts";

const tools = [
  { name: "Write", input_schema: { type: "object", properties: { file_path: {}, content: {} } } },
  { name: "Edit", input_schema: { type: "object", properties: { file_path: {}, old_string: {}, new_string: {} } } },
];
const script: ModelScript = { turns: [act(createFile("a", "b")), say("First."), say("Second.")] };
const user = { role: "user", content: "Hi" };
const assistant = { role: "assistant", content: [{ type: "text", text: "…" }] };

function answered(messages: readonly object[]): unknown {
  return anthropicMessages.whole(answerFrom(script, anthropicMessages, anthropicMessages.read({ model: "m", messages, tools }, ""), "1"));
}

test("the number of answers in the history chooses the turn, so a retry gets the same one", () => {
  expect(answered([user])).toMatchObject({ stop_reason: "tool_use", content: [{ type: "tool_use", name: "Write", input: { file_path: "a", content: "b" } }] });
  expect(answered([user, assistant, user])).toMatchObject({ stop_reason: "end_turn", content: [{ type: "text", text: "First." }] });
  expect(answered([user, assistant, user])).toEqual(answered([user, assistant, user]));
});

test("an answer repeated back in several messages counts once, also with a system message between", () => {
  expect(answered([user, assistant, assistant, { role: "system", content: "" }, assistant, user])).toMatchObject({ content: [{ text: "First." }] });
});

test("a script that has no more to say refuses", () => {
  const long = [user, assistant, user, assistant, user, assistant, user];
  expect(() => answered(long)).toThrow("The program asks for answer 4; the script has 3.");
});

test("a tool the request does not offer refuses with those it does", () => {
  const asked = anthropicMessages.read({ messages: [user], tools }, "");
  expect(() => answerFrom({ turns: [act(callTool("Rm", {}))] }, anthropicMessages, asked, "1"))
    .toThrow("The script wants Rm; the request offers Write, Edit.");
});

test("a request without tools, or for JSON of a schema, takes no turn", () => {
  const schema = { type: "object", properties: { title: { type: "string" }, score: { type: "integer" } } };
  expect(anthropicMessages.read({ messages: [user] }, "").aside).toBe("Scripted aside");
  expect(anthropicMessages.read({ messages: [user], tools, output_config: { format: { type: "json_schema", schema } } }, "").aside)
    .toBe('{"title":"Scripted aside","score":1}');
});

test("tools that spell their input in camel case get it so", () => {
  const asked = anthropicMessages.read({
    messages: [user], tools: [{ name: "edit", input_schema: { properties: { filePath: {}, oldString: {}, newString: {} } } }],
  }, "");
  const { calls } = answerFrom({ turns: [act(editFile("a", { find: "x", replace: "y" }))] }, anthropicMessages, asked, "1");
  expect(calls[0]?.input).toEqual({ filePath: "a", oldString: "x", newString: "y" });
});
