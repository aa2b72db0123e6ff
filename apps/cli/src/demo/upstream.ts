import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createIssuer, mintAuthority } from "@bottle/egress-addon";

/** The demo's own server on this machine, outside the bottle. */
export interface DemoUpstream extends AsyncDisposable {
  /** PEM of the CA its certificate is from. */
  readonly caCertificate: string;
  /** `ADDRESS:PORT`. */
  readonly address: string;
  /** The Authorization header of each request that arrived. */
  readonly credentials: readonly string[];
}

/** Starts an HTTPS server for one host; it notes what it is shown and greets. */
export async function startDemoUpstream(host: string, listenOn: string): Promise<DemoUpstream> {
  const authority = mintAuthority({ commonName: "bottle demo" });
  const { certificate, key } = createIssuer(authority)(host);
  const credentials: string[] = [];
  const server = createServer({ cert: certificate, key }, (request, response) => {
    credentials.push(request.headers.authorization ?? "");
    response.end("hello from outside\n");
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen({ host: listenOn, port: 0 }, resolve));
  return {
    caCertificate: authority.certificate,
    address: `${listenOn}:${(server.address() as AddressInfo).port}`,
    credentials,
    [Symbol.asyncDispose]: () => close(server),
  };
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
