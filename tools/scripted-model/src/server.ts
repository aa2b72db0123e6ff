import { once } from "node:events";
import { createServer } from "node:http";
import { createModelHandler, type RecordedRequest } from "./handler.ts";
import type { ModelScript } from "./script.ts";

/** A scripted model listening on loopback. Disposing it cuts all connections. */
export interface ScriptedModel extends AsyncDisposable {
  /** For ANTHROPIC_BASE_URL and GOOGLE_GEMINI_BASE_URL: `http://127.0.0.1:PORT`. */
  readonly anthropicBaseUrl: string;
  /** For codex's `openai_base_url`: `http://127.0.0.1:PORT/v1`. */
  readonly openaiBaseUrl: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  readonly problems: readonly string[];
}

/** Starts a plain HTTP server on a free port of 127.0.0.1 that answers from the script. */
export async function startScriptedModel(script: ModelScript): Promise<ScriptedModel> {
  const handler = createModelHandler(script);
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server always has an address and a port.");
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    anthropicBaseUrl: origin,
    openaiBaseUrl: `${origin}/v1`,
    port: address.port,
    requests: handler.requests,
    problems: handler.problems,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
