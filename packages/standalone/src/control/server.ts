import { once } from "node:events";
import type { Server } from "node:http";
import { createPages, type PageOptions } from "./pages.ts";

/** A listener for the operator alone. */
export interface OperatorServer<Address> extends AsyncDisposable {
  readonly address: Address;
}

/** Serves the operator's pages. @param listen makes it listen, and answers where; what it throws is thrown */
export async function startOperatorServer<Address>(options: PageOptions, listen: (server: Server) => Promise<Address>): Promise<OperatorServer<Address>> {
  const { createServer } = process.getBuiltinModule("node:http");
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 30_000, maxHeaderSize: 16_384, connectionsCheckingInterval: 2_000 }, createPages(options));
  server.maxConnections = 64;
  const address = await listen(server);
  return {
    address,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
