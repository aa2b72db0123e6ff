import { randomUUID } from "node:crypto";
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { type Calls, createCalls } from "./calls.ts";
import type { Desk } from "./desk.ts";
import { createMcpServer } from "./server.ts";
import type { Wait } from "./wait.ts";

/** One client's conversation with the server, as MCP counts them. */
export interface McpSession {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly calls: Calls;
}

/** The MCP sessions there are, bounded in number. */
export interface McpSessions extends AsyncDisposable {
  /** The session of that id, which is in use now. */
  find(id: string): McpSession | undefined;
  /** A new one, which is kept once it has an id. Undefined if there are too many and each is waiting for an answer. */
  open(): Promise<McpSession | undefined>;
}

export interface SessionLimits {
  readonly sessions: number;
  /** Requests of one session at once. */
  readonly calls: number;
}

/** The longest unused gives way to a new one. Its client is told 404 and begins anew, as MCP says. */
export function createSessions({ desk, wait, limits }: { readonly desk: Desk; readonly wait: Wait; readonly limits: SessionLimits }): McpSessions {
  // In the order of their last use.
  const sessions = new Map<string, McpSession>();
  const idle = (): readonly McpSession[] => [...sessions.values()].filter(({ calls }) => calls.size === 0);
  // Its own initialize is under way, so a new one is not idle.
  const keep = async (id: string, session: McpSession): Promise<void> => {
    sessions.set(id, session);
    for (const { transport } of idle().slice(0, Math.max(0, sessions.size - limits.sessions))) await transport.close();
  };
  return {
    find(id) {
      const session = sessions.get(id);
      if (session === undefined) return undefined;
      sessions.delete(id);
      sessions.set(id, session);
      return session;
    },
    async open() {
      if (sessions.size >= limits.sessions && idle().length === 0) return undefined;
      const calls = createCalls(limits.calls);
      const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => keep(id, { transport, calls }),
      });
      transport.onclose = () => {
        calls.end();
        if (transport.sessionId !== undefined) sessions.delete(transport.sessionId);
      };
      await createMcpServer({ desk, wait, calls, hangUp: (id) => transport.closeSSEStream(id) }).connect(transport);
      return { transport, calls };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...sessions.values()].map(({ transport }) => transport.close()));
    },
  };
}
