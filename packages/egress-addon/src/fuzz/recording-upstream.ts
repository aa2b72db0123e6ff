import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTls, type TLSSocket } from "node:tls";
import type { Leaf } from "../authority/leaf.ts";

/** A request as an upstream read it. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly secure: boolean;
  readonly websocket: boolean;
  /** Head, body and trailers, as far as they came. */
  readonly text: () => string;
}

/** An upstream that remembers what reached it, and gives back the credential it was sent. */
export interface RecordingUpstream extends AsyncDisposable {
  readonly address: string;
  readonly plainAddress: string;
  readonly arrived: Arrived[];
  /** Codes of what Node's parser refused here: nothing that leaves the proxy may be malformed. */
  readonly malformed: string[];
  readonly sockets: ReadonlySet<Socket>;
  /** What a WebSocket is sent, once it is open. */
  frames: Buffer;
}

// A connection that breaks off is none of the sender's faults.
const cutShort = new Set(["ECONNRESET", "HPE_INVALID_EOF_STATE", "EPIPE"]);

/** The same HTTP/1.1 server, with TLS and without. */
export async function startRecordingUpstream(leaf: Leaf): Promise<RecordingUpstream> {
  const arrived: Arrived[] = [];
  const malformed: string[] = [];
  const sockets = new Set<Socket>();
  const plain = createServer((request, response) => {
    const body = record(arrived, request);
    request.on("error", () => {}).once("end", () => {
      const seen = String(request.headers.authorization);
      response.writeHead(200, { "x-seen": seen, "content-type": "text/plain" }).end(`${seen}\n${body().length}\n${seen}`);
    });
  });
  plain.on("upgrade", (request: IncomingMessage, socket: Socket) => {
    record(arrived, request);
    socket.on("error", () => {}).on("data", (chunk: Buffer) => socket.write(chunk));
    socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Seen: ${request.headers.authorization}\r\n\r\n`), upstream.frames]));
  });
  plain.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!cutShort.has(error.code ?? "")) malformed.push(error.code ?? error.message);
    socket.destroy();
  });
  const secure = createTls({ cert: leaf.certificate, key: leaf.key, ALPNProtocols: ["http/1.1"] }, (socket: TLSSocket) => {
    socket.on("error", () => {});
    plain.emit("connection", socket);
  });
  secure.on("tlsClientError", () => {});
  for (const server of [plain, secure]) {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    });
  }
  const [address, plainAddress] = await Promise.all([listen(secure), listen(plain)]);
  const upstream: RecordingUpstream = {
    address, plainAddress, arrived, malformed, sockets, frames: Buffer.alloc(0),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([plain, secure].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
  return upstream;
}

function record(arrived: Arrived[], request: IncomingMessage): () => string {
  let body = "";
  request.on("data", (chunk: Buffer) => void (body += chunk.toString("latin1")));
  arrived.push({
    method: request.method ?? "", path: request.url ?? "", host: request.headers.host ?? "",
    secure: "encrypted" in request.socket, websocket: request.headers.upgrade !== undefined,
    text: () => [request.url, ...request.rawHeaders, body, ...request.rawTrailers].join("\n"),
  });
  return () => body;
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
