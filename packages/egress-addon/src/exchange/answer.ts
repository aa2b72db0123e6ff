import type { Readable } from "node:stream";
import { findInHead } from "../credentials/placeholder/find-placeholders.ts";
import { refusalFor } from "../dlp/verdict.ts";
import type { Lease } from "../limits/limits.ts";
import { dlpOf } from "../policy/dlp.ts";
import { type RefusalReason, refusals } from "../policy/refusals.ts";
import { isUnsent } from "../upstream/failure.ts";
import type { Upstreams } from "../upstream/pools.ts";
import { type Admitted, decideAll } from "./admit.ts";
import { type ClientRequest, type ClientResponse, hasBody } from "./client.ts";
import type { ExchangeContext } from "./context.ts";
import { valuesOf } from "./headers.ts";
import { introspect } from "./introspect.ts";
import { outgoingBody } from "./outgoing-body.ts";
import { ExchangeRecord } from "./record.ts";
import { refuse } from "./refuse.ts";
import { Relay } from "./relay.ts";
import { subjectOf } from "./subject.ts";
import { announcedTrailers, requestTrailers } from "./trailers.ts";
import { whenAdmitted } from "./when-admitted.ts";

const noTrailers = { announced: [], read: (): string[] => [] };

/** One request with its answer. */
export interface Exchange {
  readonly request: ClientRequest;
  readonly response: ClientResponse;
  /** The request target as it was sent. */
  readonly target: string;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  /** Why its head is refused unread. */
  readonly malformed?: RefusalReason;
}

/** Answers one request: from the policy, from the proxy itself, or from the upstream. */
export function answer(context: ExchangeContext, exchange: Exchange): void {
  const { request, response, malformed } = exchange;
  const { state } = context;
  // Nobody is left to answer, and nothing would tell of the end any more.
  if (response.destroyed) return;
  const tunnel = context.tunnels.get(request.socket);
  const head = {
    method: request.method ?? "", target: exchange.target, headers: request.rawHeaders, httpVersion: request.httpVersion, hasBody: hasBody(request),
    ...(malformed === undefined ? {} : { malformed }),
  };
  const record = new ExchangeRecord(state, subjectOf(head, tunnel));
  const atEnd: (() => void)[] = [];
  response.once("close", () => {
    record.end(response.headersSent ? response.statusCode : undefined, !response.writableFinished);
    for (const finish of atEnd) finish();
  });
  const deny = (reason: RefusalReason): void => {
    record.fail(reason);
    const isWhole = !response.headersSent && !response.destroyed;
    refuse(response, reason, { ...record.subject, howToAsk: context.howToAsk, places: record.places });
    // Not only when the client has read it; an answer that had begun is told of at its end.
    if (isWhole) record.end(refusals[reason].status, false);
  };
  try {
    if (tunnel === undefined && !context.login(request.rawHeaders)) return deny("proxy-login");
    if (state.frozen) return deny("frozen");
    whenAdmitted(context, { head, tunnel }, { fail: () => deny("internal"), proceed(admission) {
      if (response.destroyed) return;
      if (admission.kind !== "introspection" && admission.findings !== undefined) record.found(admission.findings);
      if (admission.kind === "refused") return deny(admission.reason);
      if (admission.kind === "introspection") {
        record.allow();
        return introspect(state, response);
      }
      const lease = context.limits.take(admission.route);
      if (typeof lease === "string") return deny(lease);
      record.allow(admission.route);
      forward({ context, exchange, admission, lease, record, deny, atEnd });
    } });
  } catch {
    deny("internal");
  }
}

interface Forwarding {
  readonly context: ExchangeContext;
  readonly exchange: Exchange;
  readonly admission: Admitted;
  readonly lease: Lease;
  readonly record: ExchangeRecord;
  readonly deny: (reason: RefusalReason) => void;
  /** Run when the answer is over, whole or not. */
  readonly atEnd: (() => void)[];
}

function forward(forwarding: Forwarding): void {
  const { context, admission, deny, lease, record, atEnd } = forwarding;
  const { response } = forwarding.exchange;
  const { read, outgoing } = admission;
  const refuseLate = (reason: RefusalReason): void => {
    if (isUnsent(reason)) lease.giveBack();
    deny(reason);
  };
  const relay = new Relay({ response, record, secrets: outgoing.secrets, mayBeEncoded: outgoing.mayBeEncoded ?? false, refuse: refuseLate });
  const flow = {
    isAllowed: (policy: typeof context.state.policy): boolean => decideAll(policy, read).decision === "allow",
    cut: (): void => {
      relay.abort();
      response.destroy();
    },
  };
  context.state.flows.add(flow);
  atEnd.push(() => {
    context.state.flows.delete(flow);
    lease.end();
    if (!response.writableFinished) relay.abort();
  });
  const upstreams = context.upstreams();
  if (upstreams instanceof Promise) upstreams.then((loaded) => send(forwarding, relay, loaded)).catch(() => deny("internal"));
  else send(forwarding, relay, upstreams);
}

function send(forwarding: Forwarding, relay: Relay, upstreams: Upstreams): void {
  const { context, admission, deny, lease, record } = forwarding;
  const { request, response, expectsContinue } = forwarding.exchange;
  const { read, outgoing } = admission;
  const stop = (reason: RefusalReason): void => {
    relay.abort();
    deny(reason);
  };
  const leaveUnsent = (): void => {
    lease.giveBack();
    relay.abort();
  };
  if (response.destroyed || context.state.frozen) return leaveUnsent();
  if (expectsContinue) response.writeContinue();
  const { body, opened } = outgoingBody({ context, admission, request, lease, record, stop });
  const dispatch = (ready: { readonly headers: readonly string[]; readonly body: Readable | null }): void => upstreams.send({
    origin: { host: read.host, port: read.port, secure: read.secure },
    method: read.method,
    path: (outgoing.path ?? pathOf(read.path)) + outgoing.query,
    ...ready,
    trailers: ready.body === null ? noTrailers : { announced: announcedTrailers(request.rawHeaders), read: () => passedTrailers(context, admission, request, record) },
    http2: wantsHttp2(request),
  }, relay);
  if (opened === undefined && outgoing.prepare === undefined) return dispatch({ headers: outgoing.headers, body });
  const prepare = async (): Promise<void> => {
    // Not even a name is looked up for what the scan has not let pass.
    if (opened !== undefined && !await opened || response.destroyed) {
      body?.destroy();
      return leaveUnsent();
    }
    const ready = outgoing.prepare === undefined ? { headers: outgoing.headers, body } : await outgoing.prepare(body, stop);
    if (ready === undefined || response.destroyed || context.state.frozen) {
      ready?.body?.destroy();
      return leaveUnsent();
    }
    dispatch(ready);
  };
  prepare().catch(() => deny("internal"));
}

// Whoever waits for the rest is told the body's end; what must not leave in a trailer is left out.
function passedTrailers({ scanning, placeholders }: ExchangeContext, { read, route }: Admitted, request: ClientRequest, record: ExchangeRecord): string[] {
  const trailers = requestTrailers(request.rawTrailers);
  if (trailers.length === 0) return trailers;
  if (findInHead(placeholders, { host: "", path: "", headers: trailers }).size > 0) {
    record.fail("placeholder-misused");
    return [];
  }
  const { action } = dlpOf(route);
  const findings = scanning.head({ host: read.host, target: "/", headers: trailers }, action);
  record.found(findings);
  const reason = refusalFor(findings, action);
  if (reason === undefined) return trailers;
  record.fail(reason);
  return [];
}

function pathOf(target: string): string {
  const at = target.indexOf("?");
  return at === -1 ? target : target.slice(0, at);
}

// HTTP/1.1 keeps to the fast way; what came as HTTP/2 may need HTTP/2, as gRPC does.
function wantsHttp2(request: ClientRequest): { readonly acceptsTrailers: boolean } | undefined {
  return request.httpVersion === "2.0" ? { acceptsTrailers: valuesOf(request.rawHeaders, "te").length > 0 } : undefined;
}
