import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type Duplex, Transform } from "node:stream";
import { request as httpRequest } from "../node-http.ts";
import { createRedactor, redactText } from "@bottle/secret-scan/known";
import { formatAuthority, toFailure, UpstreamFailure } from "@bottle/way-out";
import { type RefusalReason, refusals } from "../policy/refusals.ts";
import type { Lease } from "../limits/limits.ts";
import { dlpOf } from "../policy/dlp.ts";
import { scanFrames } from "../dlp/scan-frames.ts";
import { isUnsent } from "../upstream/failure.ts";
import { type Admitted, decideAll } from "./admit.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import type { ExchangeContext } from "./context.ts";
import { type EarlyBytes, holdEarly } from "./early-bytes.ts";
import { redactFrames } from "./frames.ts";
import { answerHeaders, responseHeaders, valuesOf } from "./headers.ts";
import { ExchangeRecord } from "./record.ts";
import { refuseSocket } from "./refuse.ts";
import { subjectOf } from "./subject.ts";
import { whenAdmitted } from "./when-admitted.ts";

// What the upstream sent last may still be on its way to the client.
const lingerMs = 30_000;

interface Upgrade {
  readonly context: ExchangeContext;
  readonly admission: Admitted;
  readonly lease: Lease;
  readonly record: ExchangeRecord;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly early: EarlyBytes;
  readonly deny: (reason: RefusalReason) => void;
}

/** Answers a WebSocket upgrade: through the same gate as any request, then as a raw relay of both directions. */
export function relayWebSocket(context: ExchangeContext, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const tunnel = context.tunnels.get(socket);
  const requestHead = { method: request.method ?? "", target: request.url ?? "", headers: request.rawHeaders, httpVersion: request.httpVersion, isUpgrade: true, hasBody: false };
  const record = new ExchangeRecord(context.state, subjectOf(requestHead, tunnel));
  const deny = (reason: RefusalReason): void => {
    record.fail(reason);
    refuseSocket(socket, reason, { ...record.subject, howToAsk: context.howToAsk, places: record.places });
    record.end(refusals[reason].status, false);
  };
  socket.on("error", () => socket.destroy());
  if (tunnel === undefined && !context.login(request.rawHeaders)) return deny("proxy-login");
  if (context.state.frozen) return deny("frozen");
  if (!isWebSocket(requestHead.method, request.rawHeaders)) return deny("upgrade-unknown");
  whenAdmitted(context, { head: requestHead, tunnel }, { fail: () => deny("internal"), proceed(admission) {
    if (socket.destroyed) return record.end(undefined, true);
    if (admission.kind !== "introspection") record.found(admission.findings ?? []);
    if (admission.kind === "refused") return deny(admission.reason);
    if (admission.kind === "introspection") return deny("upgrade-unknown");
    record.allow(admission.route);
    const lease = context.limits.take(admission.route);
    if (typeof lease === "string") return deny(lease);
    socket.once("close", () => lease.end());
    const early = holdEarly(socket);
    const denyLate = (reason: RefusalReason): void => {
      early.release();
      if (isUnsent(reason)) lease.giveBack();
      deny(reason);
    };
    connect({ context, admission, lease, record, socket, head, early, deny: denyLate }).catch((error: unknown) => denyLate(toFailure(error).reason));
  } });
}

/** Whether an upgrade is RFC 6455's, without a body. */
export function isWebSocket(method: string, headers: readonly string[]): boolean {
  const isAsked = valuesOf(headers, "upgrade").join().trim().toLowerCase() === "websocket";
  const hasBody = valuesOf(headers, "content-length").some((length) => length.trim() !== "0") || valuesOf(headers, "transfer-encoding").length > 0;
  return method === "GET" && isAsked && !hasBody && valuesOf(headers, "sec-websocket-key").length === 1;
}

async function connect(upgrade: Upgrade): Promise<void> {
  const { context, admission, socket } = upgrade;
  const { read } = admission;
  const upstream = await context.dial({ host: read.host, port: read.port, secure: read.secure });
  upstream.on("error", () => upstream.destroy());
  // It may have closed while the upstream was dialled; then nothing tells of it any more.
  if (socket.destroyed) {
    upstream.destroy();
    return upgrade.record.end(undefined, true);
  }
  socket.once("close", () => upstream.destroy());
  const flow = { isAllowed: (policy: CompiledPolicy) => decideAll(policy, read).decision === "allow", cut: () => void socket.destroy() };
  const entry = context.state.flows.enter(flow);
  socket.once("close", () => {
    context.state.flows.leave(entry);
    upgrade.record.end(undefined, true);
  });
  if (context.state.frozen || !flow.isAllowed(context.state.policy)) {
    upstream.destroy();
    return upgrade.deny("frozen");
  }
  ask(upgrade, upstream);
}

function ask(upgrade: Upgrade, upstream: Socket): void {
  const { admission, context, deny, socket } = upgrade;
  const { read, outgoing } = admission;
  const at = read.path.indexOf("?");
  const path = (outgoing.path ?? (at === -1 ? read.path : read.path.slice(0, at))) + outgoing.query;
  const host = formatAuthority(read.host, read.port, read.secure ? 443 : 80);
  const headers = ["Host", host, ...negotiable(outgoing.headers, isSearched(context, admission)), "Connection", "Upgrade", "Upgrade", "websocket"];
  const request = httpRequest({ method: "GET", path, headers, setHost: false, createConnection: () => upstream });
  const late = setTimeout(() => request.destroy(new UpstreamFailure("upstream-timeout")), context.answerMs);
  for (const event of ["response", "upgrade", "close"]) request.once(event, () => clearTimeout(late));
  let isPassing = false;
  request.on("error", (error) => isPassing ? cut(upgrade, toFailure(error).reason) : deny(toFailure(error).reason));
  request.once("response", (response) => {
    const reason = unfit(response, outgoing.secrets);
    if (reason !== undefined) {
      upstream.destroy();
      return deny(reason);
    }
    isPassing = true;
    passRefusal(upgrade, response);
  });
  request.once("upgrade", (response, wire, rest) => {
    if (response.statusCode !== 101 || response.headers.upgrade?.toLowerCase() !== "websocket") {
      wire.destroy();
      return deny("upstream-broken");
    }
    socket.prependOnceListener("close", () => upgrade.record.end(101, false));
    socket.write(headOf(response, outgoing.secrets, ["Connection", "Upgrade", "Upgrade", "websocket"]), "latin1");
    splice(upgrade, wire, rest);
  });
  request.end();
}

// Compressed frames could not be searched for the credential, nor for secrets and placeholders.
function isSearched({ placeholders }: ExchangeContext, { outgoing, route }: Admitted): boolean {
  return placeholders.size > 0 || outgoing.secrets.length > 0 || dlpOf(route).action !== "off" || route.limits?.bytesOutPerMinute !== undefined;
}

function negotiable(headers: readonly string[], isSearched: boolean): string[] {
  return !isSearched ? [...headers] : headers.filter((_, index) => headers[index - index % 2]?.toLowerCase() !== "sec-websocket-extensions");
}

function splice(upgrade: Upgrade, wire: Duplex, rest: Buffer): void {
  const { socket, record, admission, context, lease } = upgrade;
  const { secrets } = admission.outgoing;
  const searched = isSearched(context, admission) ? scanFrames({
    host: admission.read.host, scanning: context.scanning, placeholders: context.placeholders, action: dlpOf(admission.route).action, lease,
    onFindings: (findings) => record.found(findings), onRefused: (reason) => cut(upgrade, reason),
  }) : undefined;
  upgrade.early.release();
  if (upgrade.head.length > 0) socket.unshift(upgrade.head);
  if (rest.length > 0) wire.unshift(rest);
  const shown = secrets.length === 0 ? undefined : redactFrames(secrets);
  wire.on("error", () => wire.destroy());
  wire.once("close", () => {
    (shown ?? socket).end();
    // Its end would not be seen without a reader.
    socket.resume();
    setTimeout(() => socket.destroy(), lingerMs).unref();
  });
  shown?.on("error", () => cut(upgrade, "upstream-broken"));
  socket.on("data", (chunk: Buffer) => record.sent(chunk.length));
  wire.on("data", (chunk: Buffer) => record.received(chunk.length));
  searched?.on("error", () => cut(upgrade, "request-malformed"));
  (searched ? socket.pipe(searched) : socket).pipe(wire);
  (shown ? wire.pipe(shown) : wire).pipe(socket);
}

// After the head of an answer, nothing may be added to what came.
function cut({ record, socket }: Upgrade, reason: RefusalReason): void {
  record.fail(reason);
  socket.destroy();
}

// What a refusal cannot be passed on for, as with any answer.
function unfit({ statusCode = 0, rawHeaders }: IncomingMessage, secrets: readonly string[]): RefusalReason | undefined {
  const { isRecoded, isEncoded } = answerHeaders(rawHeaders);
  if (statusCode < 200 || statusCode > 599 || isRecoded) return "upstream-broken";
  return secrets.length > 0 && isEncoded ? "response-encoded" : undefined;
}

function passRefusal(upgrade: Upgrade, response: IncomingMessage): void {
  const { socket, record, admission, early } = upgrade;
  const { secrets } = admission.outgoing;
  early.release();
  // What it still says is dropped; unread, its end would not be seen.
  socket.once("end", () => socket.destroy()).resume();
  socket.prependOnceListener("close", () => record.end(response.statusCode, !response.complete));
  response.on("data", (chunk: Buffer) => record.received(chunk.length));
  response.on("error", (error) => cut(upgrade, toFailure(error).reason));
  socket.write(headOf(response, secrets, ["Connection", "close"]), "latin1");
  (secrets.length === 0 ? response : response.pipe(redaction(secrets))).pipe(socket);
}

function headOf(response: IncomingMessage, secrets: readonly string[], added: readonly string[]): string {
  const headers = [...responseHeaders(response.rawHeaders), ...added];
  const lines = headers.map((text, index) => index % 2 === 0 ? `${text}: ` : `${text}\r\n`).join("");
  return redactText(secrets, `HTTP/1.1 ${response.statusCode ?? 502} ${(response.statusMessage ?? "").replace(/[^\x20-\x7e]/g, "")}\r\n${lines}\r\n`);
}

function redaction(secrets: readonly string[]): Transform {
  const redactor = createRedactor(secrets);
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, redactor.push(chunk)),
    flush: (done) => done(null, redactor.flush()),
  });
}
