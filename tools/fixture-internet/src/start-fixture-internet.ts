import { createServer as createHttp, type IncomingHttpHeaders, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import { createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import { createIssuer, mintAuthority } from "@bottle/egress-addon";

/** What arrived at a server. */
export interface ArrivedRequest {
  /** From the Host header. */
  readonly host: string;
  readonly sni: string | undefined;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly secure: boolean;
  /** The body so far; whole once the request has ended. At most 1 MiB is kept. */
  readonly body: () => string;
}

/** Named servers on loopback. */
export interface FixtureInternet extends AsyncDisposable {
  /** PEM of the CA all its servers have. */
  readonly caCertificate: string;
  /** `ADDRESS:PORT` of the TLS listener. */
  readonly address: string;
  /** The same of the plain one. */
  readonly plainAddress: string;
  /** Host → address, ready for a manifest's `egress.hosts`. */
  readonly hostOverrides: Readonly<Record<string, string>>;
  readonly requests: readonly ArrivedRequest[];
}

/** Starts the named servers; a host without a listener answers every request with what arrived, as JSON. */
export async function startFixtureInternet(options: {
  readonly hosts: Readonly<Record<string, RequestListener | undefined>>;
  /** An address of this machine; loopback if absent. */
  readonly listenOn?: string;
}): Promise<FixtureInternet> {
  const authority = mintAuthority({ commonName: "fixture internet" });
  const issue = createIssuer(authority);
  const contexts = new Map(Object.keys(options.hosts).map((host) => [host, contextOf(issue(host))]));
  const requests: ArrivedRequest[] = [];
  const listener: RequestListener = (request, response) => {
    requests.push(record(request));
    const host = (request.headers.host ?? "").replace(/:[0-9]+$/, "");
    (options.hosts[host] ?? echo)(request, response);
  };
  const secure = createHttps({
    SNICallback: (name, callback) => {
      const context = contexts.get(name);
      if (context) callback(null, context);
      else callback(new Error(`no server is named ${name}`));
    },
  }, listener);
  const plain = createHttp(listener);
  const sockets = new Set<Socket>();
  for (const server of [secure, plain]) track(server, sockets);
  const [address = "", plainAddress = ""] = await Promise.all([secure, plain].map((server) => listen(server, options.listenOn ?? "127.0.0.1")));
  return {
    caCertificate: authority.certificate, address, plainAddress, requests,
    hostOverrides: Object.fromEntries(Object.keys(options.hosts).map((host) => [host, address])),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([secure, plain].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

const maxKeptBytes = 1_048_576;

function record(request: IncomingMessage): ArrivedRequest {
  let body = "";
  request.on("data", (chunk: Buffer) => {
    if (body.length < maxKeptBytes) body += chunk.toString("latin1");
  });
  const { servername } = request.socket as Partial<TLSSocket> & { readonly servername?: string };
  return {
    host: request.headers.host ?? "", sni: servername, method: request.method ?? "", url: request.url ?? "",
    headers: request.headers, rawHeaders: request.rawHeaders, secure: "encrypted" in request.socket, body: () => body,
  };
}

function echo(request: IncomingMessage, response: ServerResponse): void {
  request.resume().once("end", () => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`${JSON.stringify({ method: request.method, url: request.url, host: request.headers.host })}\n`);
  });
}

function contextOf({ certificate, key }: { readonly certificate: string; readonly key: string }): SecureContext {
  return createSecureContext({ cert: certificate, key });
}

function track(server: Server, sockets: Set<Socket>): void {
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
  });
}

async function listen(server: Server, host: string): Promise<string> {
  await new Promise<void>((resolve) => server.listen({ host, port: 0 }, resolve));
  return `${host}:${(server.address() as AddressInfo).port}`;
}
