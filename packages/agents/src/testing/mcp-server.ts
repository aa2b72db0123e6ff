import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

/** An MCP server with one tool, over streamable HTTP, in its shortest form: JSON answers, no session, no stream. */
export interface TinyMcpServer extends AsyncDisposable {
  readonly url: string;
}

/** Starts it on a free port of 127.0.0.1. The tool's description says what it was given. */
export async function startTinyMcpServer(tool: { readonly name: string; readonly description: string }): Promise<TinyMcpServer> {
  const server = createServer((request, response) => void answer(request).then((result) => {
    response.writeHead(result === undefined ? (request.method === "POST" ? 202 : 405) : 200, { "content-type": "application/json" });
    response.end(result === undefined ? undefined : JSON.stringify(result));
  }));
  const answer = async (request: IncomingMessage): Promise<unknown> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    if (request.method !== "POST") return undefined;
    const { id, method, params } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { id?: number; method: string; params?: { protocolVersion?: string } };
    if (id === undefined) return undefined;
    if (method === "initialize") {
      return rpc(id, { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "tiny", version: "1" } });
    }
    return rpc(id, method === "tools/list" ? { tools: [{ ...tool, inputSchema: { type: "object", properties: {} } }] } : {});
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server always has an address and a port.");
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function rpc(id: number, result: unknown): unknown {
  return { jsonrpc: "2.0", id, result };
}
