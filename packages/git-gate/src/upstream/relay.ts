import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Connect, formatAuthority, parseAuthority, type Target, UpstreamFailure } from "@bottle/way-out";
import { describeFailure } from "./describe-failure.ts";

/** The way to one upstream, for git and ssh that the gate runs: a proxy of the gate's own, which leads nowhere else. */
export interface Door {
  /** `host:port` of the upstream, as a CONNECT names it. */
  readonly authority: string;
  readonly port: number;
  /** Basic authorisation that opens it; nobody else has it. */
  readonly username: string;
  readonly password: string;
  /** The same two as a `Proxy-Authorization`. */
  readonly authorization: string;
  /** Why the last connection since then was refused, for people. */
  lastRefusal(): string | undefined;
  forgetRefusal(): void;
  /** Cuts what goes through it, for good. */
  close(): void;
}

/** A listener on loopback through which all that the gate starts reaches its upstreams, so that neither git nor ssh resolves a name or dials. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  open(target: Target, connect: Connect): Door;
  /** Cuts all, and refuses all until `thaw`. */
  freeze(): void;
  thaw(): void;
}

interface Opened {
  readonly target: Target;
  readonly connect: Connect;
  readonly sockets: Set<Duplex>;
  isClosed: boolean;
  refusal: string | undefined;
}

const username = "gate";
const headMs = 10_000;
const mostConnections = 256;

/** @throws Error if there is no port */
export async function startRelay(): Promise<Relay> {
  const doors = new Map<string, Opened>();
  let isFrozen = false;
  const server = createServer({ headersTimeout: headMs, requestTimeout: headMs, connectionsCheckingInterval: headMs }, (_request, response) => void response.writeHead(405, { connection: "close" }).end());
  server.maxConnections = mostConnections;
  server.on("clientError", (_error, socket) => void socket.destroy());
  server.on("connect", (request, client, head) => {
    client.on("error", () => client.destroy());
    const door = doors.get(keyOf(request.headers["proxy-authorization"] ?? ""));
    if (door === undefined) return refuse(client, "407 Proxy Authentication Required");
    const asked = parseAuthority(request.url ?? "");
    if (asked?.host !== door.target.host || asked.port !== door.target.port) return refuse(client, "403 Forbidden");
    if (isFrozen || door.isClosed) return refuse(client, "503 Service Unavailable");
    void lead(door, client, head);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const cut = (): void => [...doors.values()].forEach(({ sockets }) => sockets.forEach((socket) => socket.destroy()));
  return {
    port,
    open(target, connect) {
      const password = randomBytes(32).toString("hex");
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
      const key = keyOf(authorization);
      const door: Opened = { target, connect, sockets: new Set(), isClosed: false, refusal: undefined };
      doors.set(key, door);
      return {
        authority: formatAuthority(target.host, target.port), port, username, password, authorization,
        lastRefusal: () => door.refusal,
        forgetRefusal: () => void (door.refusal = undefined),
        close() {
          door.isClosed = true;
          doors.delete(key);
          for (const socket of door.sockets) socket.destroy();
        },
      };
    },
    freeze() {
      isFrozen = true;
      cut();
    },
    thaw: () => void (isFrozen = false),
    async [Symbol.asyncDispose]() {
      isFrozen = true;
      cut();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

// Looked up by its hash, so that how long that takes says nothing of it.
function keyOf(authorization: string): string {
  return createHash("sha256").update(authorization).digest("hex");
}

function refuse(client: Duplex, status: string): void {
  client.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => client.destroy());
}

async function lead(door: Opened, client: Duplex, head: Buffer): Promise<void> {
  const { sockets } = door;
  const keep = (socket: Duplex): void => void sockets.add(socket.once("close", () => sockets.delete(socket)));
  keep(client);
  try {
    const upstream = await door.connect(door.target);
    keep(upstream);
    // Cut while it was dialled: by who asked, by a freeze, or because it is declared no more.
    if (client.destroyed || door.isClosed) return void upstream.on("error", () => {}).destroy();
    client.write("HTTP/1.1 200 Connected\r\n\r\n");
    if (head.length > 0) upstream.write(head);
    join(client, upstream);
  } catch (error) {
    const reason = error instanceof UpstreamFailure ? error.reason : "upstream-unreachable";
    door.refusal = describeFailure(reason, door.target);
    refuse(client, `502 ${reason}`);
  }
}

function join(client: Duplex, upstream: Socket): void {
  upstream.on("error", () => client.destroy()).once("close", () => client.end());
  client.once("close", () => upstream.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
}
