import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema, CancelledNotificationSchema, ErrorCode, ListResourcesRequestSchema, ListToolsRequestSchema, ReadResourceRequestSchema,
  type ReadResourceResult, type Resource,
} from "@modelcontextprotocol/sdk/types.js";
import { clean } from "../queue/clean.ts";
import { messageOf } from "../queue/files.ts";
import { callFailed, callTool } from "./call-tool.ts";
import type { Calls } from "./calls.ts";
import type { Desk } from "./desk.ts";
import { instructions, toolsOf } from "./tools.ts";
import type { Wait } from "./wait.ts";

/** What a server of one MCP session is made of. */
export interface ServerParts {
  readonly desk: Desk;
  readonly wait: Wait;
  readonly calls: Calls;
  /** Ends the stream that a call would have been answered on. */
  readonly hangUp: (id: string | number) => void;
}

const routesUri = "bottle://routes";
const dockerfileUri = "bottle://dockerfile";
// -32002 is MCP's for a resource that is not there (specification 2025-06-18, server/resources).
const resourceNotFound = -32_002;

/** An error of JSON-RPC; the SDK's own puts its code in front of the message. */
class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A server of one MCP session. What goes wrong within is told without a word of where. */
export function createMcpServer({ desk, wait, calls, hangUp }: ServerParts): Server {
  const server = new Server({ name: "bottle", title: "bottle's supervise", version: "0.1.0" }, { capabilities: { tools: {}, resources: {} }, instructions });
  server.onerror = () => undefined;

  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...toolsOf(desk.tools)] }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params: { name, arguments: given, _meta } }, { requestId, sendNotification, signal }) => {
    const progressToken = _meta?.progressToken;
    const progress = (proposal: string, waitedMs: number): void => {
      if (progressToken === undefined) return;
      const params = { progressToken, progress: seconds(waitedMs), total: seconds(desk.limits.waitMs), message: `${proposal} waits for the operator.` };
      void sendNotification({ method: "notifications/progress", params }).catch(() => undefined);
    };
    try {
      const call = calls.get(requestId);
      const result = await callTool({ name, given, progress, signal: call?.signal ?? signal }, desk, wait);
      if (result !== undefined) return result;
    } catch (error) {
      desk.say(`A call of ${clean(name, 40)} failed: ${messageOf(error)}`);
      return callFailed;
    }
    throw new RpcError(ErrorCode.InvalidParams, "There is no such tool here. tools/list says which there are.");
  });
  // In place of the SDK's own, which does not know request 0 and leaves the stream of a cancelled call open.
  server.setNotificationHandler(CancelledNotificationSchema, ({ params: { requestId } }) => {
    if (requestId === undefined || calls.get(requestId) === undefined) return;
    hangUp(requestId);
    calls.cancel(requestId);
  });
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: resources(desk) }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => read(uri, desk));
  return server;
}

function seconds(ms: number): number {
  return Math.round(ms / 10) / 100;
}

function resources({ current }: Desk): Resource[] {
  const routes: Resource = { uri: routesUri, name: "routes", title: "Routes in force", mimeType: "application/json" };
  const dockerfile: Resource = { uri: dockerfileUri, name: "dockerfile", title: "What this bottle's image is made from", mimeType: "text/plain" };
  return current().dockerfile === undefined ? [routes] : [routes, dockerfile];
}

function read(uri: string, { current }: Desk): ReadResourceResult {
  const { generation, routes, dockerfile } = current();
  if (uri === routesUri) return { contents: [{ uri, mimeType: "application/json", text: JSON.stringify({ generation, routes }, undefined, 1) }] };
  if (uri === dockerfileUri && dockerfile !== undefined) return { contents: [{ uri, mimeType: "text/plain", text: dockerfile }] };
  throw new RpcError(resourceNotFound, "There is no such resource here. resources/list says which there are.");
}
