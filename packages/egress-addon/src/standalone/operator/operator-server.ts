import { once } from "node:events";
import { listen } from "../../front/listen.ts";
import { createServer } from "../../node-http.ts";
import type { ListenAddress } from "../../options.ts";
import type { Operated } from "./operated.ts";
import { createPages } from "./pages.ts";

/** A listener for the operator alone. */
export interface OperatorServer extends AsyncDisposable {
  readonly address: ListenAddress;
}

/**
 * Serves the operator's pages; on a Unix socket, which is its owner's (0600), orders too.
 * @throws EgressError `listen-failed`
 */
export async function startOperatorServer(address: ListenAddress, operated: Operated): Promise<OperatorServer> {
  const isSocket = "unix" in address;
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 30_000, maxHeaderSize: 16_384, connectionsCheckingInterval: 2_000 },
    createPages(operated, { hasControl: isSocket, host: isSocket ? "localhost" : address.host }));
  server.maxConnections = 64;
  const bound = await listen(server, address);
  return {
    address: bound,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
