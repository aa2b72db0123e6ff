import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";

/** What a tool answered. */
export interface ToolAnswer {
  readonly state: string;
  readonly proposal?: string;
  readonly reason?: string;
}

/** A client of the MCP server on a Unix socket, as far as calling a tool goes. */
export interface McpClient {
  call(tool: string, input: object): Promise<ToolAnswer>;
}

/** Speaks MCP over streamable HTTP (2025-06-18) as a program inside would. */
export async function connectMcp(socketPath: string): Promise<McpClient> {
  let session: string | undefined;
  let last = 0;
  const post = async (message: object): Promise<IncomingMessage> => {
    const sent = request({
      agent: false, socketPath, path: "/mcp", method: "POST",
      headers: { host: "supervise:9100", "content-type": "application/json", accept: "application/json, text/event-stream", ...(session !== undefined && { "mcp-session-id": session }) },
    });
    sent.end(JSON.stringify({ jsonrpc: "2.0", ...message }));
    const [answer] = await once(sent, "response") as [IncomingMessage];
    return answer;
  };
  const ask = async (method: string, params: object): Promise<unknown> => {
    const id = last += 1;
    const answer = await post({ id, method, params });
    session = String(answer.headers["mcp-session-id"] ?? session);
    let text = "";
    for await (const chunk of answer.setEncoding("utf8")) text += String(chunk);
    const messages = text.split("\n").flatMap((line) => (line.startsWith("data: ") ? [line.slice(6)] : line.startsWith("{") ? [line] : []));
    const found = messages.map((line) => JSON.parse(line) as { readonly id?: number; readonly result?: unknown }).find((message) => message.id === id);
    if (found?.result === undefined) throw new Error(`${method}: ${answer.statusCode ?? 0} ${text}`);
    return found.result;
  };
  await ask("initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } });
  (await post({ method: "notifications/initialized" })).resume();
  return {
    async call(tool, input) {
      const { structuredContent } = await ask("tools/call", { name: tool, arguments: input }) as { readonly structuredContent?: ToolAnswer };
      if (structuredContent === undefined) throw new Error(`${tool} answered without structure.`);
      return structuredContent;
    },
  };
}
