import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { type HostPort, parseAuthority } from "../policy/authority.ts";
import { decideTunnel } from "../policy/decide.ts";
import { canonicalHost } from "../policy/host.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import { type RefusalReason, refusals } from "../policy/refusals.ts";
import { introspectionHost } from "./admit.ts";
import type { ExchangeContext } from "./context.ts";
import type { Tunnel } from "./read-request.ts";
import { createRecord } from "./record.ts";
import { refuseSocket } from "./refuse.ts";
import { printable } from "./subject.ts";

const tlsHandshake = 0x16;

/** Answers a CONNECT: refuses it, or ends its TLS here and hands the requests inside back to the listening server. */
export function openTunnel(context: ExchangeContext, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const authority = parseAuthority(request.url ?? "");
  const target = authority ?? { host: printable(request.url ?? ""), port: 0 };
  const subject = { ...target, method: "CONNECT", path: "" };
  const deny = (reason: RefusalReason): void => {
    const record = createRecord(context.state, subject);
    record.fail(reason);
    refuseSocket(socket, reason, { ...subject, howToAsk: context.howToAsk });
    record.end(refusals[reason].status, false);
  };
  if (context.tunnels.has(socket)) return deny("connect-nested");
  if (!context.login(request.rawHeaders)) return deny("proxy-login");
  if (context.state.frozen) return deny("frozen");
  if (authority === undefined) return deny("host-invalid");
  if (socket.destroyed) return;
  const decision = mayOpen(context.state.policy, authority);
  if (decision !== undefined) return deny(decision);
  register(context, authority, socket);
  socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
  if (head.length > 0) socket.unshift(head);
  awaitFirstByte(socket, context.handshakeMs, (first) => {
    if (first === tlsHandshake) endTls({ context, authority, socket, onMismatch: () => deny("authority-mismatch") });
    else if (first >= 0x41 && first <= 0x5a) enter(context, socket, { ...authority, secure: false });
    else socket.destroy();
  });
}

function mayOpen(policy: CompiledPolicy, authority: HostPort): RefusalReason | undefined {
  if (authority.host === introspectionHost && authority.port === 80) return undefined;
  const decision = decideTunnel(policy, authority);
  return decision.decision === "deny" ? decision.reason : undefined;
}

function register(context: ExchangeContext, authority: HostPort, socket: Duplex): void {
  const flow = {
    isAllowed: (policy: CompiledPolicy): boolean => mayOpen(policy, authority) === undefined,
    cut: (): void => void socket.destroy(),
  };
  context.state.flows.add(flow);
  socket.once("close", () => context.state.flows.delete(flow));
}

function awaitFirstByte(socket: Duplex, timeoutMs: number, proceed: (first: number) => void): void {
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  socket.once("close", () => clearTimeout(timer));
  socket.once("data", (chunk: Buffer) => {
    clearTimeout(timer);
    socket.pause();
    socket.unshift(chunk);
    proceed(chunk[0] ?? 0);
  });
}

function endTls(options: {
  readonly context: ExchangeContext;
  readonly authority: HostPort;
  readonly socket: Duplex;
  readonly onMismatch: () => void;
}): void {
  const { context, authority, socket } = options;
  const secureContext = context.contextFor(authority.host);
  const inner = new TLSSocket(socket as ConstructorParameters<typeof TLSSocket>[0], { isServer: true, secureContext, ALPNProtocols: ["h2", "http/1.1"] });
  const timer = setTimeout(() => socket.destroy(), context.handshakeMs);
  inner.on("error", () => socket.destroy());
  inner.once("close", () => socket.destroy());
  socket.once("close", () => {
    clearTimeout(timer);
    inner.destroy();
  });
  inner.once("secure", () => {
    clearTimeout(timer);
    if (isNamed(inner, authority.host)) {
      const tunnel = { ...authority, secure: true };
      return inner.alpnProtocol === "h2" ? enterSession(context, inner, tunnel) : enter(context, inner, tunnel);
    }
    options.onMismatch();
    socket.destroy();
  });
}

// Set by Node on the server side once the handshake is done; the type knows the client's side only.
function isNamed(inner: TLSSocket & { servername?: string | false | null }, host: string): boolean {
  return !inner.servername || canonicalHost(inner.servername) === host;
}

function enterSession(context: ExchangeContext, socket: TLSSocket, tunnel: Tunnel): void {
  context.tunnels.set(socket, tunnel);
  context.serveSession(socket);
}

function enter(context: ExchangeContext, socket: Duplex, tunnel: Tunnel): void {
  context.tunnels.set(socket, tunnel);
  context.reenter(socket);
  // It was paused for its first byte, which the parser is to read now.
  socket.resume();
}
