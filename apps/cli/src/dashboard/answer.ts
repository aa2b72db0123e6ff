import { plain } from "../output/columns.ts";
import { askApproval } from "./ask-decision.ts";
import type { DashboardState, Key, Prompt, Step } from "./model.ts";
import { parseRouteText } from "./route-text.ts";

const longestText = 2000;

/** A key as the answer to a question: one of its own, or a no. Any other key does nothing. */
export function answer(state: DashboardState, prompt: Extract<Prompt, { kind: "choose" }>, key: Key): Step {
  if (key === "escape" || key === "n" || key === "q") return { state: withoutPrompt(state), orders: [] };
  const choice = prompt.choices.find((one) => one.key === key);
  if (!choice) return { state, orders: [] };
  return { state: withoutPrompt(state), orders: [choice.order] };
}

/** A key as a change of the line that is written. */
export function typeKey(state: DashboardState, prompt: Extract<Prompt, { kind: "write" }>, key: Key): Step {
  if (key === "escape") return { state: withoutPrompt(state), orders: [] };
  if (key === "enter") return submit(state, prompt);
  const { text, cursor } = prompt;
  const [before, after] = [text.slice(0, cursor), text.slice(cursor)];
  const shorter = before.slice(0, -(lastOf(before)));
  switch (key) {
    case "left":
      return written(state, prompt, text, shorter.length);
    case "right":
      return written(state, prompt, text, cursor + firstOf(after));
    case "home":
      return written(state, prompt, text, 0);
    case "end":
      return written(state, prompt, text, text.length);
    case "backspace":
      return written(state, prompt, shorter + after, shorter.length);
    case "delete":
      return written(state, prompt, before + after.slice(firstOf(after)), cursor);
    case "ctrl-u":
      return written(state, prompt, after, 0);
    default:
      return isCharacter(key) ? written(state, prompt, before + key + after, cursor + key.length) : { state, orders: [] };
  }
}

/** What was pasted: a part of the line that is written, and nothing at all elsewhere, so that no paste gives an order. */
export function paste(state: DashboardState, text: string): DashboardState {
  const { prompt } = state;
  if (prompt?.kind !== "write") return state;
  const line = plain(text.replace(/\s+/g, " "));
  return written(state, prompt, prompt.text.slice(0, prompt.cursor) + line + prompt.text.slice(prompt.cursor), prompt.cursor + line.length).state;
}

function submit(state: DashboardState, { what, subject, text }: Extract<Prompt, { kind: "write" }>): Step {
  const closed = withoutPrompt(state);
  if (what === "reason") {
    const reason = text.trim();
    return { state: closed, orders: [{ kind: "reject", ...subject, ...(reason !== "" && { reason }) }] };
  }
  const parsed = parseRouteText(text);
  if ("route" in parsed) return askApproval(closed, subject, parsed.route);
  return { state: { ...state, prompt: { kind: "write", what, subject, text, cursor: text.length, problem: parsed.problem } }, orders: [] };
}

function written(state: DashboardState, { what, subject }: Extract<Prompt, { kind: "write" }>, text: string, cursor: number): Step {
  if (text.length > longestText) return { state, orders: [] };
  return { state: { ...state, prompt: { kind: "write", what, subject, text, cursor } }, orders: [] };
}

function withoutPrompt(state: DashboardState): DashboardState {
  const { prompt, ...rest } = state;
  void prompt;
  return rest;
}

function isCharacter(key: Key): boolean {
  return [...key].length === 1 && plain(key) === key;
}

// The last and the first character may be two code units.
function lastOf(text: string): number {
  return [...text].at(-1)?.length ?? 1;
}

function firstOf(text: string): number {
  return [...text][0]?.length ?? 0;
}
