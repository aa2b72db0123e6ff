/**
 * The relay: runs in the outer user and network namespace that it holds, outside the agent's pid and mount namespaces.
 * Joins 127.0.0.1:PORT of the bottle to a Unix socket of the sidecars on the host, and says so when nobody is there.
 * One line on stdin, {"routes":[{"port":8080,"unix":"/…"}]}, then stdin stays open: its end is the keeper's end, and so ours.
 */
import { connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

interface RelayRoute {
  readonly port: number;
  readonly unix: string;
}

const body = JSON.stringify({
  layer: "bottle",
  reason: "sidecars-gone",
  message: "The sidecars of this bottle do not answer, so it has no way out. The operator can stop it and run `bottle resume`.",
  retry: "after-resume",
});
const noWayOut = `HTTP/1.1 503 Service Unavailable\r\nx-bottle-block-reason: sidecars-gone\r\ncontent-type: application/json\r\n`
  + `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`;

function join(client: Socket, unix: string): void {
  const upstream = connect({ path: unix, allowHalfOpen: true });
  let isJoined = false;
  upstream.on("connect", () => {
    isJoined = true;
    client.pipe(upstream);
    upstream.pipe(client);
  });
  upstream.on("error", () => {
    if (isJoined) client.destroy();
    else client.end(noWayOut, () => client.destroySoon());
  });
  client.on("error", () => upstream.destroy());
  upstream.on("close", () => client.destroySoon());
  client.on("close", () => upstream.destroy());
}

async function listen({ port, unix }: RelayRoute): Promise<void> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => join(client, unix));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port, backlog: 511 }, resolve);
  });
}

const lines = createInterface({ input: process.stdin });
lines.once("line", (line) => {
  const { routes } = JSON.parse(line) as { readonly routes: readonly RelayRoute[] };
  Promise.all(routes.map(listen)).then(
    () => process.stdout.write("ready\n"),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
lines.once("close", () => process.exit(0));
// The keeper may close our output before our input; that is no reason to die early.
process.stdout.on("error", () => undefined);
