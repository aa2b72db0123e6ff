import type { Prepared } from "../credentials/outgoing.ts";
import { findInHead } from "../credentials/placeholder/find-placeholders.ts";
import { refusalFor } from "../dlp/verdict.ts";
import type { Lease } from "../limits/limits.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import { dlpOf } from "../policy/dlp.ts";
import { type RefusalReason, refusals } from "../policy/refusals.ts";
import { isUnsent } from "../upstream/failure.ts";
import type { UpstreamRequest, Upstreams } from "../upstream/pools.ts";
import { type Admission, type Admitted, decideAll } from "./admit.ts";
import { type ClientRequest, type ClientResponse, hasBody } from "./client.ts";
import type { ExchangeContext } from "./context.ts";
import { valuesOf } from "./headers.ts";
import { introspect } from "./introspect.ts";
import { outgoingBody } from "./outgoing-body.ts";
import type { RequestHead, Tunnel } from "./read-request.ts";
import { ExchangeRecord } from "./record.ts";
import { refuse } from "./refuse.ts";
import { Relay } from "./relay.ts";
import type { Entry } from "./roll.ts";
import type { Flow } from "./state.ts";
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
  // Nobody is left to answer, and nothing would tell of the end any more.
  if (!exchange.response.destroyed) new Answering(context, exchange).begin();
}

/** What an admitted request goes out by. */
interface Forwarding {
  readonly admission: Admitted;
  readonly lease: Lease;
  readonly relay: Relay;
  readonly entry: Entry<Flow>;
}

/** One request under way. */
class Answering implements Flow {
  readonly #context: ExchangeContext;
  readonly #exchange: Exchange;
  readonly #tunnel: Tunnel | undefined;
  readonly #head: RequestHead;
  readonly #record: ExchangeRecord;
  #forwarding: Forwarding | undefined;

  constructor(context: ExchangeContext, exchange: Exchange) {
    const { request, target, malformed } = exchange;
    this.#context = context;
    this.#exchange = exchange;
    this.#tunnel = context.tunnels.get(request.socket);
    this.#head = { method: request.method ?? "", target, headers: request.rawHeaders, httpVersion: request.httpVersion, hasBody: hasBody(request), malformed };
    this.#record = new ExchangeRecord(context.state, subjectOf(this.#head, this.#tunnel));
  }

  begin(): void {
    const { response, request } = this.#exchange;
    response.on("close", () => this.#closed());
    try {
      if (this.#tunnel === undefined && !this.#context.login(request.rawHeaders)) return this.#deny("proxy-login");
      if (this.#context.state.frozen) return this.#deny("frozen");
      whenAdmitted(this.#context, { head: this.#head, tunnel: this.#tunnel }, { fail: () => this.#deny("internal"), proceed: (admission) => this.#proceed(admission) });
    } catch {
      this.#deny("internal");
    }
  }

  isAllowed(policy: CompiledPolicy): boolean {
    return this.#forwarding !== undefined && decideAll(policy, this.#forwarding.admission.read).decision === "allow";
  }

  cut(): void {
    this.#forwarding?.relay.abort();
    this.#exchange.response.destroy();
  }

  // Whole or not.
  #closed(): void {
    const { response } = this.#exchange;
    this.#record.end(response.headersSent ? response.statusCode : undefined, !response.writableFinished);
    const forwarding = this.#forwarding;
    if (forwarding === undefined) return;
    this.#context.state.flows.leave(forwarding.entry);
    forwarding.lease.end();
    if (!response.writableFinished) forwarding.relay.abort();
  }

  #deny(reason: RefusalReason): void {
    const record = this.#record;
    const { response } = this.#exchange;
    record.fail(reason);
    const isWhole = !response.headersSent && !response.destroyed;
    refuse(response, reason, { ...record.subject, howToAsk: this.#context.howToAsk, places: record.places });
    // Not only when the client has read it; an answer that had begun is told of at its end.
    if (isWhole) record.end(refusals[reason].status, false);
  }

  #proceed(admission: Admission): void {
    const { response } = this.#exchange;
    const record = this.#record;
    if (response.destroyed) return;
    if (admission.kind !== "introspection" && admission.findings !== undefined) record.found(admission.findings);
    if (admission.kind === "refused") return this.#deny(admission.reason);
    if (admission.kind === "introspection") {
      record.allow();
      return introspect(this.#context.state, response);
    }
    const lease = this.#context.limits.take(admission.route);
    if (typeof lease === "string") return this.#deny(lease);
    record.allow(admission.route);
    this.#forward(admission, lease);
  }

  #forward(admission: Admitted, lease: Lease): void {
    const { outgoing: { secrets, mayBeEncoded = false } } = admission;
    const refuseLate = (reason: RefusalReason): void => {
      if (isUnsent(reason)) lease.giveBack();
      this.#deny(reason);
    };
    const relay = new Relay({ response: this.#exchange.response, record: this.#record, secrets, mayBeEncoded, refuse: refuseLate });
    const forwarding = { admission, lease, relay, entry: this.#context.state.flows.enter(this) };
    this.#forwarding = forwarding;
    const upstreams = this.#context.upstreams();
    if (upstreams instanceof Promise) upstreams.then((loaded) => this.#send(forwarding, loaded)).catch(() => this.#deny("internal"));
    else this.#send(forwarding, upstreams);
  }

  #send({ admission, lease, relay }: Forwarding, upstreams: Upstreams): void {
    const context = this.#context;
    const { request, response, expectsContinue } = this.#exchange;
    const { outgoing } = admission;
    const stop = (reason: RefusalReason): void => {
      relay.abort();
      this.#deny(reason);
    };
    const leaveUnsent = (): void => {
      lease.giveBack();
      relay.abort();
    };
    if (response.destroyed || context.state.frozen) return leaveUnsent();
    if (expectsContinue) response.writeContinue();
    const { body, opened } = outgoingBody({ context, admission, request, lease, record: this.#record, stop });
    if (opened === undefined && outgoing.prepare === undefined) return upstreams.send(this.#upstreamRequest(admission, { headers: outgoing.headers, body }), relay);
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
      upstreams.send(this.#upstreamRequest(admission, ready), relay);
    };
    prepare().catch(() => this.#deny("internal"));
  }

  #upstreamRequest(admission: Admitted, { headers, body }: Prepared): UpstreamRequest {
    const { request } = this.#exchange;
    const { read, outgoing } = admission;
    return {
      origin: { host: read.host, port: read.port, secure: read.secure },
      method: read.method,
      path: (outgoing.path ?? pathOf(read.path)) + outgoing.query,
      headers,
      body,
      trailers: body === null ? noTrailers : { announced: announcedTrailers(request.rawHeaders), read: () => passedTrailers(this.#context, admission, request, this.#record) },
      http2: wantsHttp2(request),
    };
  }
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
