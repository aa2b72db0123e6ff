import { once } from "node:events";
import { connect as connectSession } from "node:http2";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";

/**
 * Holds connections to a proxy open, from a process of its own, so that the proxy's memory can be told from the client's:
 * `node idle-client.ts PORT HOST KIND COUNT`, KIND one of `plain`, `tunnel`, `tls`, `h2`. Says `ready` and how many are open
 * once all are, and again how many are left for every line on its standard input.
 */
const [port = "", host = "", kind = "", count = ""] = process.argv.slice(2);
const open = new Set<Socket>();

async function until(socket: Socket, pattern: RegExp): Promise<void> {
  let heard = "";
  const closed = once(socket, "close").then(() => Promise.reject(new Error("closed")));
  closed.catch(() => {});
  while (!pattern.test(heard)) heard += String((await Promise.race([once(socket, "data"), closed]))[0]);
}

async function hold(): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port: Number(port), noDelay: true });
  socket.on("error", () => {}).once("close", () => open.delete(socket));
  await once(socket, "connect");
  open.add(socket);
  if (kind === "plain") {
    socket.write("GET http://_egress.local/ HTTP/1.1\r\nHost: _egress.local\r\n\r\n");
    return until(socket, /\}\n$/);
  }
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
  await until(socket, /\r\n\r\n$/);
  if (kind === "tunnel") return;
  const secure: TLSSocket = connectTls({ socket, rejectUnauthorized: false, servername: host, ALPNProtocols: [kind === "h2" ? "h2" : "http/1.1"] });
  secure.on("error", () => {});
  await once(secure, "secureConnect");
  if (kind === "h2") {
    const session = connectSession(`https://${host}`, { createConnection: () => secure });
    session.on("error", () => {});
    const stream = session.request({ ":path": "/denied" });
    stream.resume();
    await once(stream, "close");
  } else {
    secure.write(`GET /denied HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await until(secure, /\}\n$/);
  }
}

let left = Number(count);
await Promise.all(Array.from({ length: 32 }, async () => {
  for (; left > 0;) {
    left -= 1;
    await hold().catch(() => {});
  }
}));
process.stdout.write(`ready ${open.size}\n`);
process.stdin.on("data", () => void process.stdout.write(`left ${open.size}\n`)).once("end", () => process.exit());
