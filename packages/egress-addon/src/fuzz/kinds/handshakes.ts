import { Duplex } from "node:stream";
import { connect } from "node:tls";
import { tunnel } from "../dial.ts";
import { mutate } from "../mutate.ts";
import { hosts } from "../names.ts";
import { speak } from "../speak.ts";
import { type Kind, nothing } from "./kind.ts";

const tokens = [[22, 3, 1, 0, 0], [22, 3, 3, 0, 1, 1], [21, 3, 3, 0, 2, 2, 40], [20, 3, 3, 0, 1, 1], [23, 3, 3, 0, 4, 1, 2, 3, 4], [0, 0], [0xff, 0xff],
  [0, 43], [0, 16, 0, 5, 0, 3, 2, 0x68, 0x32]].map((bytes) => Buffer.from(bytes));

/** What Node's own TLS says first. */
async function hello(servername: string): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const wire = new Duplex({ read: () => undefined, write: (chunk: Buffer, _encoding, done) => {
    resolve(chunk);
    done();
  } });
  const client = connect({ socket: wire, servername, ALPNProtocols: ["h2", "http/1.1"] }).on("error", () => {});
  const bytes = await promise;
  client.destroy();
  return bytes;
}

/** ClientHellos and other records in a tunnel. */
export const handshakes: Kind = async ({ world, random }) => {
  const socket = await tunnel(world, `${random.pick([hosts.allowed, hosts.plain])}:443`);
  if (socket === undefined) return nothing;
  const start = random.chance(0.9) ? await hello(random.pick([hosts.allowed, hosts.evil])) : random.bytes(64);
  return speak(socket, mutate(Buffer.concat([start, random.chance(0.3) ? random.bytes(40) : nothing]), { random, tokens }), random);
};
