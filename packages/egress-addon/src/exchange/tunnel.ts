import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { Finding } from "@bottle/secret-scan";
import { canonicalHost, type HostPort, parseAuthority } from "@bottle/way-out";
import { findInHead } from "../credentials/placeholder/find-placeholders.ts";
import { refusalFor } from "../dlp/verdict.ts";
import { isCarrier } from "../policy/carrier.ts";
import { decideTunnel } from "../policy/decide.ts";
import { passThrough } from "../passthrough/relay.ts";
import type { EgressRoute } from "../policy/model.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import { type RefusalReason, refusals } from "../policy/refusals.ts";
import { introspectionHost } from "./admit.ts";
import type { ExchangeContext } from "./context.ts";
import type { Tunnel } from "./read-request.ts";
import { ExchangeRecord } from "./record.ts";
import { refuseSocket } from "./refuse.ts";
import { printable } from "./subject.ts";

const tlsHandshake = 0x16;

/** Answers a CONNECT: refuses it, or ends its TLS here and hands the requests inside back to the listening server. */
export function openTunnel(context: ExchangeContext, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const authority = parseAuthority(request.url ?? "");
  const target = authority ?? { host: printable(request.url ?? ""), port: 0 };
  const subject = { ...target, method: "CONNECT", path: "" };
  const deny = (reason: RefusalReason, findings: readonly Finding[] = []): void => {
    const record = new ExchangeRecord(context.state, subject);
    record.found(findings);
    record.fail(reason);
    refuseSocket(socket, reason, { ...subject, howToAsk: context.howToAsk, places: record.places });
    record.end(refusals[reason].status, false);
  };
  if (context.tunnels.has(socket)) return deny("connect-nested");
  if (!context.login(request.rawHeaders)) return deny("proxy-login");
  if (context.state.frozen) return deny("frozen");
  if (authority === undefined) return deny("host-invalid");
  if (findInHead(context.placeholders, { host: request.url ?? "", path: "", headers: request.rawHeaders }).size > 0) return deny("placeholder-misused");
  if (socket.destroyed) return;
  const decision = mayOpen(context.state.policy, authority);
  if (decision.refused !== undefined) return deny(decision.refused);
  const { unread } = decision;
  if (unread && !context.scanning.isLoaded) {
    context.scanning.load().then(() => openTunnel(context, request, socket, head)).catch(() => deny("internal"));
    return;
  }
  if (unread) {
    // Of a tunnel that is not read, the name that is looked up is all there is to scan.
    const findings = context.scanning.head({ host: authority.host, target: "", headers: [] }, "off");
    const found = refusalFor(findings, "off");
    if (found !== undefined) return deny(found, findings);
  }
  const lease = unread && context.limits.take(unread);
  if (typeof lease === "string") return deny(lease);
  socket.once("close", () => lease?.end());
  register(context, { authority, unread }, socket);
  socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
  if (head.length > 0) socket.unshift(head);
  if (unread) {
    const record = new ExchangeRecord(context.state, subject);
    record.allow(unread);
    return passThrough({ context, authority, socket, record });
  }
  // The certificate is made while the client's first bytes are on their way, which are TLS on any port but this.
  if (authority.port !== 80) context.contextFor(authority.host);
  awaitFirstByte(socket, context.handshakeMs, (first) => {
    if (first === tlsHandshake) endTls({ context, authority, socket, onMismatch: () => deny("authority-mismatch") });
    else if (first >= 0x41 && first <= 0x5a) enter(context, socket, { ...authority, secure: false });
    else socket.destroy();
  });
}

/** Whether a tunnel may be opened, and by which route it is passed without being read. */
interface Opening {
  readonly refused?: RefusalReason;
  readonly unread?: EgressRoute;
}

function mayOpen(policy: CompiledPolicy, authority: HostPort): Opening {
  if (authority.host === introspectionHost && authority.port === 80) return {};
  const decision = decideTunnel(policy, authority);
  if (decision.decision === "deny") return { refused: decision.reason };
  if (isCarrier(decision.route, authority.host)) return { refused: "host-shape" };
  return decision.route.passthrough === true ? { unread: decision.route } : {};
}

function register(context: ExchangeContext, { authority, unread }: { readonly authority: HostPort; readonly unread: EgressRoute | undefined }, socket: Duplex): void {
  const flow = {
    // What was opened unread must not stay so under a policy that would read it.
    isAllowed: (policy: CompiledPolicy): boolean => {
      const now = mayOpen(policy, authority);
      return now.refused === undefined && (now.unread === undefined) === (unread === undefined);
    },
    cut: (): void => void socket.destroy(),
  };
  const entry = context.state.flows.enter(flow);
  socket.once("close", () => context.state.flows.leave(entry));
}

function awaitFirstByte(socket: Duplex, timeoutMs: number, proceed: (first: number) => void): void {
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const onEnd = (): void => void socket.destroy();
  socket.once("close", () => clearTimeout(timer));
  socket.once("end", onEnd);
  socket.once("data", (chunk: Buffer) => {
    clearTimeout(timer);
    socket.off("end", onEnd);
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
  context.connections.carry(inner, socket);
  inner.on("error", () => socket.destroy());
  inner.once("close", () => socket.destroy());
  // The server lets clients close their side alone, which makes no sense amid a handshake.
  const onEnd = (): void => void socket.destroy();
  inner.once("end", onEnd);
  socket.once("close", () => {
    clearTimeout(timer);
    inner.destroy();
  });
  inner.once("secure", () => {
    clearTimeout(timer);
    inner.off("end", onEnd);
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
  context.connections.ended(socket);
  context.serveSession(socket);
}

function enter(context: ExchangeContext, socket: Duplex, tunnel: Tunnel): void {
  context.tunnels.set(socket, tunnel);
  context.connections.ended(socket);
  context.reenter(socket, tunnel);
  // It was paused for its first byte, which the parser is to read now.
  socket.resume();
}
