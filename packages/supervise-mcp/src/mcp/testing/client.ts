import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import type { Answer } from "../answer.ts";

/** The SDK's own client, connected. */
export interface TestClient extends AsyncDisposable {
  readonly client: Client;
  readonly transport: StreamableHTTPClientTransport;
  /** Calls a tool and takes its structured answer. */
  ask(name: string, given: Record<string, unknown>, options?: Parameters<Client["callTool"]>[2]): Promise<Answer>;
  /** The same, once the call waits for the operator. */
  waitingAsk(name: string, given: Record<string, unknown>, options?: Parameters<Client["callTool"]>[2]): Promise<{ readonly answer: Promise<Answer> }>;
}

export async function connectClient(url: string): Promise<TestClient> {
  const client = new Client({ name: "test", version: "1" });
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`));
  // The SDK's own declarations do not go together under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  const ask: TestClient["ask"] = async (name, given, options) => {
    const result = await client.callTool({ name, arguments: given }, undefined, options) as CallToolResult;
    return result.structuredContent as unknown as Answer;
  };
  return {
    client, transport, ask,
    async waitingAsk(name, given, options) {
      const waits = Promise.withResolvers<void>();
      const answer = ask(name, given, { ...options, onprogress: () => waits.resolve() });
      await Promise.race([waits.promise, answer]);
      return { answer };
    },
    async [Symbol.asyncDispose]() {
      await client.close();
    },
  };
}
