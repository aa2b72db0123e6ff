import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import type { SuperviseTools } from "../options.ts";
import { answerSchema } from "./answer.ts";

/** The tools by name. */
export type ToolName = "egress-block" | "list-egress-routes" | "pipelock-block" | "capability-block" | "push-block";

const waits = "The call waits for the operator for up to 45 seconds. If it answers `pending`, call again with the same arguments to go on waiting.";
const justification = { type: "string", minLength: 1, maxLength: 2000, description: "Why you need this, for the operator: what you are doing, what fails without it." };
const route = {
  type: "object" as const,
  properties: {
    host: { type: "string", maxLength: 253, description: "The host as it was refused, for example api.example.com. \"*.example.com\" for its subdomains only if you really need several." },
    port: { type: "integer", minimum: 1, maximum: 65_535, description: "Default: 443." },
    method: { type: "string", maxLength: 32, description: "One HTTP method in capitals, for example POST. Default: GET and HEAD." },
    path: { type: "string", maxLength: 2048, description: "A path without query: * is any run within one segment, ** any number of segments, for example /v1/**. Default: every path." },
    justification,
  },
  required: ["host", "justification"],
  additionalProperties: false,
};
const asks = { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false };

const tools: Readonly<Record<ToolName, Tool>> = {
  "egress-block": {
    name: "egress-block", title: "Ask for a route out", annotations: asks,
    description: `A request was refused with 403 and the header x-bottle-block-reason, and you need it: asks the operator for exactly that route. Only a missing route can be asked for; what a guard refused (private addresses, deny routes, leaks, a host that does not match) stays refused. ${waits}`,
    inputSchema: route, outputSchema: answerSchema,
  },
  "list-egress-routes": {
    name: "list-egress-routes", title: "Routes in force", annotations: { readOnlyHint: true, openWorldHint: false },
    description: "The routes that are in force now: what may leave this bottle. Nothing else does.",
    inputSchema: { type: "object", properties: {}, additionalProperties: false },
    outputSchema: {
      type: "object",
      properties: { generation: { type: "integer", description: "Grows with every change." }, routes: { type: "array", items: { type: "object" } } },
      required: ["generation", "routes"], additionalProperties: false,
    },
  },
  "pipelock-block": {
    name: "pipelock-block", title: "Ask for a host of the second hop", annotations: asks,
    description: `A request was refused by the second hop (layer pipelock) though a route allows it: asks the operator to let its host through there. ${waits}`,
    inputSchema: route, outputSchema: answerSchema,
  },
  "capability-block": {
    name: "capability-block", title: "Ask for another image", annotations: asks,
    description: `A program or library is missing that you cannot install: asks the operator for an image made from your Dockerfile. If it is approved this bottle is ended and resumed from the new image; workspace and conversation are kept. ${waits}`,
    inputSchema: {
      type: "object",
      properties: {
        dockerfile: { type: "string", minLength: 1, maxLength: 65_536, description: "The whole Dockerfile. Begin from the one at /etc/bottle/current-config/Dockerfile and change as little as possible." },
        justification,
      },
      required: ["dockerfile", "justification"], additionalProperties: false,
    },
    outputSchema: answerSchema,
  },
  "push-block": {
    name: "push-block", title: "Ask for a held push", annotations: asks,
    description: `The git gate refused a push and named an id to ask with: asks the operator to release exactly that push. If it is approved, push once more, unchanged. ${waits}`,
    inputSchema: {
      type: "object",
      properties: { push: { type: "string", minLength: 1, maxLength: 100, description: "The id as the gate said it." }, justification },
      required: ["push", "justification"], additionalProperties: false,
    },
    outputSchema: answerSchema,
  },
};

/** The tools that a bottle has. */
export function toolsOf({ pipelock, push }: SuperviseTools): readonly Tool[] {
  const absent = new Set<string>([...(pipelock ? [] : ["pipelock-block"]), ...(push ? [] : ["push-block"])]);
  return Object.values(tools).filter(({ name }) => !absent.has(name));
}

/** What a client shows its model of the server as a whole. */
export const instructions = "You run in a bottle: nothing leaves it but by routes that the operator wrote, and pushes go through a gate. If a request is refused with 403 and x-bottle-block-reason, or a push is held, and you need it, "
  + "ask with the tool for that; the operator decides while you wait. Ask for exactly what you need. There are no other ways out, so do not look for any.";
