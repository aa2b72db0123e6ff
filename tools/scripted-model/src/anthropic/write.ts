import type { Answer, StreamEvent } from "../dialect.ts";
import type { JsonObject } from "../json.ts";

const usage = { input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

/** An answer as one JSON message. */
export function wholeMessage(answer: Answer): JsonObject {
  const text = answer.text.join("");
  const calls = answer.calls.map(({ id, tool, input }) => ({ type: "tool_use", id: `toolu_${id}`, name: tool.name, input }));
  return {
    ...head(answer),
    content: [...(text === "" ? [] : [{ type: "text", text }]), ...calls],
    stop_reason: stopReason(answer),
  };
}

/** An answer as the events of a streamed message. */
export function messageEvents(answer: Answer): readonly StreamEvent[] {
  const blocks = [...(answer.text.length === 0 ? [] : [textBlock(answer)]), ...answer.calls.map(callBlock)];
  return [
    named("message_start", { message: { ...head(answer), content: [], stop_reason: null } }),
    named("ping", {}),
    ...blocks.flatMap(({ start, deltas, isText }, index) => [
      named("content_block_start", { index, content_block: start }),
      ...deltas.map((delta) => ({ ...named("content_block_delta", { index, delta }), isText })),
      named("content_block_stop", { index }),
    ]),
    named("message_delta", { delta: { stop_reason: stopReason(answer), stop_sequence: null }, usage: { output_tokens: 1 } }),
    named("message_stop", {}),
  ];
}

/** A failure in the API's own form. */
export function messageFailure(message: string): JsonObject {
  return { type: "error", error: { type: "invalid_request_error", message } };
}

interface Block {
  readonly start: JsonObject;
  readonly deltas: readonly JsonObject[];
  readonly isText: boolean;
}

function head(answer: Answer): JsonObject {
  return { id: `msg_${answer.id}`, type: "message", role: "assistant", model: answer.model, stop_sequence: null, usage };
}

function stopReason(answer: Answer): string {
  return answer.calls.length > 0 ? "tool_use" : "end_turn";
}

function named(event: string, data: JsonObject): StreamEvent {
  return { event, data: { type: event, ...data } };
}

function textBlock(answer: Answer): Block {
  return { start: { type: "text", text: "" }, deltas: answer.text.map((text) => ({ type: "text_delta", text })), isText: true };
}

// Cut in two, since programs must put the pieces of a call's JSON together.
function callBlock({ id, tool, input }: Answer["calls"][number]): Block {
  const json = JSON.stringify(input);
  const middle = Math.ceil(json.length / 2);
  const deltas = [json.slice(0, middle), json.slice(middle)].map((partial) => ({ type: "input_json_delta", partial_json: partial }));
  return { start: { type: "tool_use", id: `toolu_${id}`, name: tool.name, input: {} }, deltas, isText: false };
}
