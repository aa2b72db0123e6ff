import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { alreadyInForce, type Answer, answerOf, formatAnswer, refusal } from "./answer.ts";
import type { Desk } from "./desk.ts";
import { type Input, type Question, readCapabilityInput, readNothing, readPushInput, readRouteInput } from "./read-input.ts";
import { toolsOf } from "./tools.ts";
import type { Wait, Waiting } from "./wait.ts";

/** A call of a tool. */
export interface ToolCall extends Omit<Waiting, "proposal" | "progress"> {
  readonly name: string;
  readonly given: unknown;
  readonly progress: (proposal: string, waitedMs: number) => void;
}

const mend = "Mend the arguments and call again.";

/** What a call is told that went wrong on this side. */
export const callFailed: CallToolResult = asResult({
  state: "failed", reason: "Supervise failed on this side, so nothing was asked or changed: its queue or its log cannot be written, for example.", next: "Tell your user, and try again later.",
});

/** Answers a call. Undefined for a tool that this bottle does not have. */
export async function callTool(call: ToolCall, desk: Desk, wait: Wait): Promise<CallToolResult | undefined> {
  if (!toolsOf(desk.tools).some(({ name }) => name === call.name)) return undefined;
  if (call.name === "list-egress-routes") return listRoutes(call.given, desk);
  return asResult(await ask(call, desk, wait));
}

function listRoutes(given: unknown, { current }: Desk): CallToolResult {
  const read = readNothing(given);
  if ("fault" in read) return { isError: true, content: [{ type: "text", text: `${read.fault}. ${mend}` }] };
  const { generation, routes } = current();
  return { content: [{ type: "text", text: JSON.stringify({ generation, routes }, undefined, 1) }], structuredContent: { generation, routes: [...routes] } };
}

async function ask(call: ToolCall, desk: Desk, wait: Wait): Promise<Answer> {
  const read = readQuestion(call, desk);
  if ("answer" in read) return read.answer;
  const { ask: asked, justification } = read.question;
  const outcome = await desk.take(asked, justification);
  if ("refused" in outcome) return refusal(outcome.refused);
  if ("inForce" in outcome) return alreadyInForce(outcome.inForce);
  const { proposal } = outcome;
  const now = desk.decisions.isAnswered(proposal) ? proposal : await wait({ proposal, signal: call.signal, progress: (waitedMs) => call.progress(proposal.id, waitedMs) });
  return answerOf(now, desk.decisions.isAnswered(now));
}

function readQuestion({ name, given }: ToolCall, desk: Desk): { readonly question: Question } | { readonly answer: Answer } {
  switch (name) {
    case "egress-block": return question(readRouteInput("egress", given));
    case "pipelock-block": return question(readRouteInput("pipelock", given));
    case "capability-block": return capability(given, desk);
    default: return push(given, desk);
  }
}

function question(read: Input<Question>): ReturnType<typeof readQuestion> {
  return "fault" in read ? { answer: refusal(read.fault, mend) } : { question: read.input };
}

function capability(given: unknown, { tools, refusals, current }: Desk): ReturnType<typeof readQuestion> {
  if (tools.capability === true) {
    const read = readCapabilityInput(given);
    const isThere = "input" in read && read.input.ask.kind === "capability" && read.input.ask.dockerfile === current().dockerfile;
    return isThere ? { answer: alreadyInForce("This bottle's image is made from that Dockerfile.") } : question(read);
  }
  refusals.record("capability", "no-images", tools.capability);
  return { answer: refusal("There are no images here that could be made anew.", tools.capability) };
}

function push(given: unknown, { heldPush, refusals }: Desk): ReturnType<typeof readQuestion> {
  const read = readPushInput(given);
  if ("fault" in read) return { answer: refusal(read.fault, mend) };
  const held = heldPush(read.input.push);
  if (held !== undefined) return { question: { ask: { kind: "push", push: held }, justification: read.input.justification } };
  refusals.record("push", "not-held", `${read.input.push}: no push is held by this id`);
  return { answer: refusal("No push is held by this id.", "Push again: if it is held, the gate says by which id.") };
}

function asResult(answer: Answer): CallToolResult {
  const isError = answer.state === "refused" || answer.state === "failed";
  return { content: [{ type: "text", text: formatAnswer(answer) }], structuredContent: { ...answer }, ...(isError && { isError }) };
}
