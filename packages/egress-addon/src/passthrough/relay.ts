import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { canonicalHost, type HostPort, isAddress, toFailure } from "@bottle/way-out";
import type { ExchangeContext } from "../exchange/context.ts";
import type { ExchangeRecord } from "../exchange/record.ts";
import type { RefusalReason } from "../policy/refusals.ts";
import { readClientHello } from "./client-hello.ts";

/** A tunnel that was answered with 200 and is not intercepted. */
export interface PassedTunnel {
  readonly context: ExchangeContext;
  readonly authority: HostPort;
  readonly socket: Duplex;
  /** What goes over it is recorded as bytes of one CONNECT. */
  readonly record: ExchangeRecord;
}

// A hello with many key shares and tickets has some KiB.
const largestHello = 32 * 1024;
const lingerMs = 30_000;

/**
 * Joins a client with the upstream it named, byte by byte, after the first of them were seen to be a TLS ClientHello for that very
 * name: without interception it is all that can be checked. The client is told nothing but an end if it is refused now.
 */
export function passThrough(tunnel: PassedTunnel): void {
  const { context, authority, socket, record } = tunnel;
  const refuse = (reason: RefusalReason): void => {
    record.fail(reason);
    socket.destroy();
  };
  let hello = Buffer.alloc(0);
  const timer = setTimeout(() => refuse("request-timeout"), context.handshakeMs);
  // The server lets clients close their side alone, which makes no sense before they said anything.
  const onEnd = (): void => void socket.destroy();
  const settle = (): void => {
    clearTimeout(timer);
    socket.off("data", onData).off("end", onEnd);
    socket.pause();
  };
  const onData = (chunk: Buffer): void => {
    hello = Buffer.concat([hello, chunk]);
    const reading = readClientHello(hello);
    if (reading.kind === "short" && hello.length <= largestHello) return;
    settle();
    if (reading.kind !== "hello") return refuse("tunnel-not-tls");
    if (!isNamed(reading.serverName, authority.host)) return refuse("authority-mismatch");
    join(tunnel, hello).catch((error: unknown) => refuse(toFailure(error).reason));
  };
  socket.on("data", onData).once("end", onEnd);
  socket.once("close", () => {
    clearTimeout(timer);
    record.end(200, false);
  });
}

// Servers for many names answer one without a name with whichever they like.
function isNamed(serverName: string | undefined, host: string): boolean {
  return serverName === undefined ? isAddress(host) : canonicalHost(serverName) === host;
}

async function join({ context, authority, socket, record }: PassedTunnel, hello: Buffer): Promise<void> {
  const upstream: Socket = await context.dial({ ...authority, secure: false, isUnread: true });
  upstream.on("error", () => upstream.destroy());
  if (socket.destroyed || context.state.frozen) {
    upstream.destroy();
    socket.destroy();
    return;
  }
  socket.once("close", () => upstream.destroy());
  // What it sent last may still be on its way to the client.
  upstream.once("close", () => {
    socket.end();
    // Its end would not be seen without a reader.
    socket.resume();
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
  socket.on("data", (chunk: Buffer) => record.sent(chunk.length));
  upstream.on("data", (chunk: Buffer) => record.received(chunk.length));
  socket.unshift(hello);
  socket.pipe(upstream);
  upstream.pipe(socket);
}
