import type { Answer, StreamEvent, ToolCall } from "../dialect.ts";
import type { JsonObject } from "../json.ts";

const usage = {
  input_tokens: 1,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 1,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 2,
};

/** An answer as one JSON response. */
export function wholeResponse(answer: Answer): JsonObject {
  return { ...head(answer, "completed"), output: itemsOf(answer), usage };
}

/** An answer as the events of a streamed response. */
export function responseEvents(answer: Answer): readonly StreamEvent[] {
  const events = [
    typed("response.created", { response: head(answer, "in_progress") }),
    ...itemsOf(answer).flatMap((item, index) => [
      typed("response.output_item.added", { output_index: index, item: { ...item, ...begun(item), status: "in_progress" } }),
      ...(item["type"] === "message" ? deltasOf(answer, item, index) : []),
      typed("response.output_item.done", { output_index: index, item }),
    ]),
    typed("response.completed", { response: wholeResponse(answer) }),
  ];
  return events.map((event, index) => ({ ...event, data: { ...event.data, sequence_number: index } }));
}

/** A failure in the API's own form. */
export function responseFailure(message: string): JsonObject {
  return { error: { type: "invalid_request_error", code: "invalid_request", message, param: null } };
}

function head(answer: Answer, status: string): JsonObject {
  return { id: `resp_${answer.id}`, object: "response", created_at: 0, model: answer.model, status, error: null, output: [] };
}

function typed(type: string, data: JsonObject): StreamEvent {
  return { event: type, data: { type, ...data } };
}

function itemsOf(answer: Answer): readonly JsonObject[] {
  const text = answer.text.join("");
  return [...(text === "" ? [] : [messageItem(answer, text)]), ...answer.calls.map(callItem)];
}

function messageItem(answer: Answer, text: string): JsonObject {
  const content = [{ type: "output_text", text, annotations: [] }];
  return { type: "message", id: `item_${answer.id}`, role: "assistant", status: "completed", content };
}

function callItem({ id, tool, input }: ToolCall): JsonObject {
  const common = {
    id: `item_${id}`,
    call_id: `call_${id}`,
    name: tool.name,
    status: "completed",
    ...(tool.namespace === undefined ? {} : { namespace: tool.namespace }),
  };
  const isText = typeof input === "string";
  return isText ? { type: "custom_tool_call", input, ...common } : { type: "function_call", arguments: JSON.stringify(input), ...common };
}

// What an item does not have yet when it is announced.
function begun(item: JsonObject): JsonObject {
  if (item["type"] === "message") return { content: [] };
  return item["type"] === "function_call" ? { arguments: "" } : { input: "" };
}

function deltasOf(answer: Answer, item: JsonObject, index: number): readonly StreamEvent[] {
  const place = { item_id: item["id"], output_index: index, content_index: 0 };
  const text = answer.text.join("");
  return [
    typed("response.content_part.added", { ...place, part: { type: "output_text", text: "", annotations: [] } }),
    ...answer.text.map((delta) => ({ ...typed("response.output_text.delta", { ...place, delta }), isText: true })),
    typed("response.output_text.done", { ...place, text }),
    typed("response.content_part.done", { ...place, part: { type: "output_text", text, annotations: [] } }),
  ];
}
