import type { JsonObject } from "./json.ts";
import type { Action, ToolInput } from "./script.ts";

/** What the script needs to know of a request. */
export interface Asked {
  readonly model: string;
  readonly stream: boolean;
  /** How many answers of the model the request's history holds. */
  readonly answered: number;
  /** The answer to a request beside the conversation (a title, a probe); it takes no turn of the script. */
  readonly aside?: string;
  readonly tools: readonly OfferedTool[];
}

/** A tool as the request offers it. */
export interface OfferedTool {
  readonly name: string;
  /** The names of its input's members; empty for a free-form tool. */
  readonly members: readonly string[];
  readonly namespace?: string;
  readonly freeForm: boolean;
}

/** A call in the words of the program that will run it. */
export interface ToolCall {
  readonly id: string;
  readonly tool: OfferedTool;
  readonly input: ToolInput;
}

/** An answer ready to be written in a dialect. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly text: readonly string[];
  readonly calls: readonly ToolCall[];
}

/** One server-sent event. */
export interface StreamEvent {
  /** The event's name; none where the dialect sends data only. */
  readonly event?: string;
  readonly data: JsonObject;
  /** Whether it carries a chunk of text, before which the script's pause goes. */
  readonly isText?: boolean;
}

/** One model API: how its requests are read and its answers written. */
export interface Dialect {
  /** Reads a request's body. `path` may carry the model's name and the kind of answer wanted. */
  read(body: JsonObject, path: string): Asked;
  /** Puts an action into a tool the request offers. Throws ScriptedModelError `tool-not-offered`. */
  translate(action: Action, tools: readonly OfferedTool[]): { readonly tool: OfferedTool; readonly input: ToolInput };
  events(answer: Answer): readonly StreamEvent[];
  whole(answer: Answer): JsonObject;
  failure(message: string): JsonObject;
}
