import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createContexts } from "./authority/contexts.ts";
import { openAuthority } from "./authority/store.ts";
import { applyCredential, reflections, withoutHeader, type Credentialed } from "./credential.ts";
import { sendRefusal, writeRefusal, type Refusal } from "./deny.ts";
import { EgressError } from "./errors.ts";
import { Front } from "./front/front.ts";
import { openTunnel } from "./front/tunnel.ts";
import { isAuthorised, judge, type Tunnel, type Verdict } from "./gate.ts";
import { createResolver, RefusedAddress } from "./guard/resolve.ts";
import { endToEnd } from "./headers.ts";
import { introspection } from "./introspect.ts";
import type { EgressEvent, EgressOptions, EgressPolicy, EgressProxy, ListenAddress } from "./model.ts";
import { compilePolicy, type CompiledPolicy } from "./policy/compile.ts";
import { hasRoute } from "./policy/decide.ts";
import { parseAuthority } from "./policy/host.ts";
import { createConnect, type Connect } from "./upstream/connect-pinned.ts";
import { forward } from "./upstream/forward.ts";
import { createPools, type Pools } from "./upstream/pools.ts";
import { upgrade } from "./upstream/upgrade.ts";

const defaultHowToAsk = "Ask the operator of this bottle to add a route.";
type Forward = Extract<Verdict, { readonly kind: "forward" }>;
type Ending = Pick<EgressEvent, "decision" | "layer" | "reason"> & Partial<Pick<EgressEvent, "status" | "bytesOut" | "bytesIn" | "tokenRef" | "route">>;

/**
 * Starts the proxy.
 * @throws EgressError `policy-invalid`, `authority-unusable`, `listen-failed`; then nothing is left open
 */
export async function startEgressProxy(options: EgressOptions): Promise<EgressProxy> {
  const policy = compilePolicy(options.policy);
  const authority = await openAuthority(options.caDirectory);
  const egress = new Egress(options, policy, createContexts(authority));
  const address = await egress.listen(options.listen);
  return {
    address,
    caCertificate: authority.certificate,
    get generation() {
      return egress.generation;
    },
    reload: (candidate) => egress.reload(candidate),
    freeze: () => egress.freeze(),
    thaw: () => egress.thaw(),
    stats: () => egress.stats(),
    [Symbol.asyncDispose]: () => egress.close(),
  };
}

class Egress {
  generation = 1;
  readonly #options: EgressOptions;
  readonly #contextFor: ReturnType<typeof createContexts>;
  readonly #howToAsk: string;
  readonly #front: Front;
  readonly #connect: Connect;
  readonly #tunnels = new WeakMap<Socket, Tunnel>();
  readonly #sockets = new Map<Socket, Tunnel | undefined>();
  #pools: Pools;
  #policy: CompiledPolicy;
  #server: Server | undefined;
  #isFrozen = false;
  #allowed = 0;
  #denied = 0;

  constructor(options: EgressOptions, policy: CompiledPolicy, contextFor: ReturnType<typeof createContexts>) {
    this.#options = options;
    this.#policy = policy;
    this.#contextFor = contextFor;
    this.#howToAsk = options.howToAsk ?? defaultHowToAsk;
    this.#connect = createConnect(createResolver({ hosts: options.hosts ?? {}, allowPrivate: options.allowPrivate ?? [] }), options.upstreamCas ?? []);
    this.#pools = createPools(this.#connect);
    this.#front = new Front({
      connect: (request, socket, head) => this.#onConnect(request, socket, head),
      request: (request, response) => this.#onRequest(request, response),
      upgrade: (request, socket, head) => void this.#onUpgrade(request, socket, head),
      error: (response) => response?.destroy(),
    });
  }

  async listen(address: ListenAddress): Promise<ListenAddress> {
    const server = await this.#front.start(address).catch((cause: unknown) => {
      throw new EgressError("listen-failed", `The egress cannot listen at ${JSON.stringify(address)}: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
    });
    this.#server = server;
    server.on("connection", (socket: Socket) => this.#track(socket));
    if ("unix" in address) return address;
    return { host: address.host, port: (server.address() as AddressInfo).port };
  }

  reload(candidate: EgressPolicy): number {
    this.#policy = compilePolicy(candidate);
    this.generation += 1;
    for (const [socket, tunnel] of this.#sockets) {
      if (tunnel && hasRoute(this.#policy, tunnel.host, tunnel.port) !== "yes") socket.destroy();
    }
    return this.generation;
  }

  freeze(): void {
    this.#isFrozen = true;
    this.#cut();
  }

  thaw(): void {
    this.#isFrozen = false;
  }

  stats(): ReturnType<EgressProxy["stats"]> {
    return { allowed: this.#allowed, denied: this.#denied, connections: this.#sockets.size, frozen: this.#isFrozen };
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#isFrozen = true;
    this.#cut();
    await this.#pools.destroy();
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #cut(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
    const old = this.#pools;
    this.#pools = createPools(this.#connect);
    void old.destroy();
  }

  #track(socket: Socket, tunnel?: Tunnel): void {
    if (this.#sockets.has(socket) && !tunnel) return;
    this.#sockets.set(socket, tunnel);
    if (tunnel) this.#tunnels.set(socket, tunnel);
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #onConnect(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const startedAt = performance.now();
    const authority = parseAuthority(request.url ?? "");
    const place = { host: authority?.host ?? "", port: authority?.port ?? 0, method: "CONNECT", path: "" };
    const refuse = (status: number, layer: string, reason: string, retry: Refusal["retry"]): void => {
      this.#record({ ...place, startedAt }, { decision: "deny", layer, reason, status });
      writeRefusal(socket, { status, layer, reason, retry, ...place }, this.#howToAsk);
    };
    if (this.#isFrozen) return refuse(503, "operator", "frozen", "later");
    if (!isAuthorised(request, this.#options.proxyCredential)) return refuse(407, "guard", "proxy-credential", "never");
    if (!authority || this.#tunnels.has(socket)) return refuse(400, "guard", "bad-request", "never");
    const route = hasRoute(this.#policy, authority.host, authority.port);
    if (route !== "yes") return refuse(403, "policy", route, "ask");
    const server = this.#server;
    if (!server) return void socket.destroy();
    openTunnel({ socket, head, request, authority, contextFor: this.#contextFor, server,
      onOpen: (opened, secure) => this.#track(opened, { ...authority, secure }) });
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const startedAt = performance.now();
    const verdict = this.#judge(request);
    if (verdict.kind === "introspect") return void introspection(response, { policy: this.#policy, generation: this.generation, howToAsk: this.#howToAsk });
    const prepared = verdict.kind === "forward" ? this.#withCredential(request, verdict) : verdict;
    if (prepared.kind === "refuse") return this.#refuse(prepared, request, (refusal) => sendRefusal(response, refusal, this.#howToAsk), startedAt);
    if (request.headers.expect !== undefined) response.writeContinue();
    void this.#forward(prepared, request, response, startedAt);
  }

  async #forward(prepared: Prepared, request: IncomingMessage, response: ServerResponse, startedAt: number): Promise<void> {
    const { verdict, secrets } = prepared;
    const pool = this.#pools.get({ ...verdict.authority, secure: verdict.secure });
    const result = await forward({ pool, request, response, headers: prepared.headers, target: prepared.target, secrets });
    const place = { ...verdict.authority, method: request.method ?? "", path: verdict.path, startedAt };
    const counts = { bytesOut: result.bytesOut, bytesIn: result.bytesIn, ...prepared.noted };
    if (result.outcome === "answered" || result.outcome === "cut") {
      return this.#record(place, { decision: "allow", layer: "policy", reason: result.outcome === "cut" ? "cut" : "allowed", ...counts, ...(result.status !== undefined && { status: result.status }) });
    }
    const refusal = upstreamRefusal(result.outcome, result.error);
    this.#record(place, { decision: refusal.status === 403 ? "deny" : "allow", layer: refusal.layer, reason: refusal.reason, status: refusal.status, ...counts });
    sendRefusal(response, { ...refusal, ...place }, this.#howToAsk);
  }

  async #onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const startedAt = performance.now();
    const verdict = this.#judge(request);
    const prepared = verdict.kind === "forward" ? this.#withCredential(request, verdict) : verdict;
    const write = (refusal: Refusal): void => writeRefusal(socket, refusal, this.#howToAsk);
    if (prepared.kind !== "prepared") {
      return this.#refuse(prepared.kind === "refuse" ? prepared : badRequest(request), request, write, startedAt);
    }
    const { authority, secure, path } = prepared.verdict;
    const place = { ...authority, method: request.method ?? "", path, startedAt };
    try {
      const upstream = await this.#connect({ ...authority, secure });
      this.#track(upstream, { ...authority, secure });
      const result = await upgrade({ upstream, client: socket, head, request, headers: prepared.headers, target: prepared.target, secrets: prepared.secrets });
      this.#record(place, { decision: "allow", layer: "policy", reason: "allowed", ...result, ...prepared.noted });
    } catch (error) {
      const refusal = upstreamRefusal("unreachable", error);
      this.#record(place, { decision: refusal.status === 403 ? "deny" : "allow", layer: refusal.layer, reason: refusal.reason, status: refusal.status });
      write({ ...refusal, ...place });
    }
  }

  #judge(request: IncomingMessage): Verdict {
    const tunnel = this.#tunnels.get(request.socket);
    const place = { host: tunnel?.host ?? request.headers.host ?? "", port: tunnel?.port ?? 80, path: "" };
    if (this.#isFrozen) return { kind: "refuse", status: 503, layer: "operator", reason: "frozen", retry: "later", ...place };
    if (!tunnel && !isAuthorised(request, this.#options.proxyCredential)) {
      return { kind: "refuse", status: 407, layer: "guard", reason: "proxy-credential", retry: "never", ...place };
    }
    return judge(request, tunnel, this.#policy);
  }

  #withCredential(request: IncomingMessage, verdict: Forward): Prepared | Extract<Verdict, { readonly kind: "refuse" }> {
    const plain: Credentialed = { headers: endToEnd(request.rawHeaders, ["expect"]), target: verdict.target };
    const { auth } = verdict.route;
    const noted = { route: verdict.route.host };
    if (!auth) return { kind: "prepared", verdict, ...plain, secrets: [], noted };
    const value = this.#options.tokens(auth.tokenRef);
    if (value === undefined || value === "" || /[\r\n\0]/.test(value)) {
      return { kind: "refuse", status: 403, layer: "credential", reason: "credential-unavailable", retry: "never", ...verdict.authority, path: verdict.path };
    }
    // Whatever else the agent sent as authorisation could override or leak beside the real one.
    const cleared = auth.scheme === "query" ? plain : { ...plain, headers: withoutHeader(plain.headers, "authorization") };
    return { kind: "prepared", verdict, ...applyCredential(auth, value, cleared), secrets: reflections(auth, value), noted: { ...noted, tokenRef: auth.tokenRef } };
  }

  #refuse(verdict: Extract<Verdict, { readonly kind: "refuse" }>, request: IncomingMessage, answer: (refusal: Refusal) => void, startedAt: number): void {
    const place = { host: verdict.host, port: verdict.port, method: request.method ?? "", path: verdict.path };
    this.#record({ ...place, startedAt }, { decision: "deny", layer: verdict.layer, reason: verdict.reason, status: verdict.status });
    answer({ ...place, status: verdict.status, layer: verdict.layer, reason: verdict.reason, retry: verdict.retry });
  }

  #record({ startedAt, ...place }: { readonly host: string; readonly port: number; readonly method: string; readonly path: string; readonly startedAt: number }, ending: Ending): void {
    if (ending.decision === "allow") this.#allowed += 1;
    else this.#denied += 1;
    this.#options.onEvent?.({ type: "request", ...place, bytesOut: 0, bytesIn: 0, ...ending, durationMs: Math.round(performance.now() - startedAt) });
  }
}

interface Prepared extends Credentialed {
  readonly kind: "prepared";
  readonly verdict: Forward;
  readonly secrets: readonly string[];
  readonly noted: { readonly route: string; readonly tokenRef?: string };
}

function badRequest(request: IncomingMessage): Extract<Verdict, { readonly kind: "refuse" }> {
  return { kind: "refuse", status: 400, layer: "guard", reason: "bad-request", retry: "never", host: request.headers.host ?? "", port: 80, path: "" };
}

function upstreamRefusal(outcome: "unreachable" | "encoded", error: unknown): Pick<Refusal, "status" | "layer" | "reason" | "retry"> {
  if (error instanceof RefusedAddress) return { status: 403, layer: "guard", reason: "address-refused", retry: "never" };
  if (outcome === "encoded") return { status: 502, layer: "credential", reason: "upstream-encoding", retry: "never" };
  return { status: 502, layer: "upstream", reason: "upstream-unreachable", retry: "later" };
}
