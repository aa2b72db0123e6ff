import { once } from "node:events";
import type { Server } from "node:http";
import { createTrust, type Guard, type Hop } from "@bottle/way-out";
import type { Authority } from "./authority/mint.ts";
import { createContexts } from "./authority/contexts.ts";
import type { Placeholders } from "./credentials/placeholder/compile-placeholders.ts";
import { requirePlaceholders } from "./credentials/placeholder/require-placeholders.ts";
import { createScanning } from "./dlp/scanning.ts";
import { answer } from "./exchange/answer.ts";
import type { ExchangeContext } from "./exchange/context.ts";
import { createLogin } from "./exchange/login.ts";
import { refuse, refuseSocket } from "./exchange/refuse.ts";
import { cutFlows, type EgressState } from "./exchange/state.ts";
import { openTunnel } from "./exchange/tunnel.ts";
import { isWebSocket, relayWebSocket } from "./exchange/websocket.ts";
import { createLimits } from "./limits/limits.ts";
import { listen } from "./front/listen.ts";
import { createFrontServer } from "./front/server.ts";
import { createFrontSessions } from "./front/sessions.ts";
import { behindPipelock } from "./hop/pipelock/answers.ts";
import type { EgressOptions, EgressProxy } from "./options.ts";
import { compilePolicy, type CompiledPolicy } from "./policy/compile.ts";
import { createDial, type Dial } from "./upstream/dial.ts";
import type { Upstreams } from "./upstream/pools.ts";

const defaultHowToAsk = "Tell the operator which host, method and path you need, and why. Only the operator can add a route.";
/** When libraries that only requests need are loaded, if no request came before. */
const warmAfterMs = 300;
const scanAfterMs = 2_000;

/** What a proxy runs on, once its CA is ready. */
export interface Running {
  readonly options: EgressOptions;
  readonly state: EgressState;
  readonly placeholders: Placeholders;
  readonly authority: Authority;
  readonly guard: Guard;
  readonly hop?: Hop | undefined;
}

/** Listens and answers. @throws EgressError `listen-failed` */
export async function runProxy({ options, state, placeholders, authority, guard, hop }: Running): Promise<EgressProxy> {
  const { timeouts = {} } = options;
  const howToAsk = options.howToAsk ?? defaultHowToAsk;
  const { upstreamCas = [] } = options;
  const trust = createTrust(upstreamCas);
  const via = hop && { hop, trust: createTrust([...upstreamCas, ...hop.caCertificates]) };
  const dial = createDial({ guard, trust, timeoutMs: timeouts.connectMs ?? 10_000, ...(via && { via }) });
  const answerMs = timeouts.answerMs ?? 900_000;
  const upstreams = lazyUpstreams(dial, answerMs, hop);
  const context: ExchangeContext = {
    state, dial, howToAsk, answerMs,
    login: createLogin(options.proxyCredential),
    tokens: options.tokens,
    placeholders,
    scanning: createScanning({ known: options.secrets ?? [], canaries: options.canaries ?? [], packs: options.packs ?? [] }),
    scanLimitBytes: options.scanLimitBytes ?? 64 * 1024 * 1024,
    limits: createLimits(options.onGrantUse && { onUse: options.onGrantUse }),
    contextFor: createContexts(authority),
    upstreams: upstreams.get,
    tunnels: new WeakMap(),
    reenter: (socket, { secure }) => void (secure ? front.serve(socket) : front.server.emit("connection", socket)),
    connections: { carry: (inner, outer) => front.connections.carry(inner, outer), ended: (socket) => front.connections.ended(socket) },
    serveSession: (socket) => sessions.serve(socket),
    handshakeMs: timeouts.handshakeMs ?? 10_000,
  };
  const nothingKnown = { host: "", method: "", path: "", howToAsk };
  const headMs = timeouts.headMs ?? 15_000;
  const idleMs = timeouts.idleMs ?? 75_000;
  const front = createFrontServer({
    headMs,
    idleMs,
    maxConnections: options.maxConnections ?? 4_096,
    handlers: {
      connect: (request, socket, head) => openTunnel(context, request, socket, head),
      request: (request, response, target) => answer(context, { request, response, target, expectsContinue: front.expectsContinue(request) }),
      failed: (response) => refuse(response, "request-malformed", nothingKnown),
      upgrade: (request, socket, head) => guarded(socket, () => relayWebSocket(context, request, socket, head)),
      isWebSocket: (request) => isWebSocket(request.method ?? "", request.rawHeaders),
      malformed: (socket, reason) => refuseSocket(socket, reason, nothingKnown),
    },
  });
  const sessions = createFrontSessions({
    headMs,
    idleMs,
    connections: front.connections,
    maxStreams: options.maxConnections ?? 4_096,
    answer: (exchange) => answer(context, exchange),
  });
  // A credential is looked for from the start, also before a request has needed it.
  const learn = ({ routes }: CompiledPolicy): void => {
    for (const { auth } of routes) {
      if (auth) void Promise.resolve().then(() => options.tokens(auth.tokenRef)).then((value) => value !== undefined && context.scanning.know(auth, value)).catch(() => {});
    }
  };
  learn(state.policy);
  const address = await listen(front.server, options.listen);
  // After the launch's own questions, which need none of it; the first request that does waits for it. So it would for the reading of all roots.
  const loadingScan = setTimeout(() => void context.scanning.load().then(via?.trust ?? trust).catch(() => {}), scanAfterMs).unref();
  const warming = setTimeout(() => {
    front.warm();
    void Promise.resolve(upstreams.get()).catch(() => {});
  }, warmAfterMs).unref();
  const cutAll = (): void => {
    cutFlows(state, () => true);
    for (const socket of front.connections.sockets) socket.destroy();
    upstreams.cut();
  };
  return {
    address,
    caCertificate: authority.certificate,
    get generation() {
      return state.generation;
    },
    reload(policy) {
      const compiled = compilePolicy(policy);
      requirePlaceholders(compiled, placeholders);
      learn(compiled);
      state.policy = compiled;
      state.generation += 1;
      context.limits.keep([...compiled.routes, ...compiled.grants]);
      cutFlows(state, (flow) => !flow.isAllowed(compiled));
      return state.generation;
    },
    freeze() {
      state.frozen = true;
      cutAll();
    },
    thaw() {
      state.frozen = false;
    },
    grantUse: (grant) => context.limits.useOf(grant),
    stats: () => ({
      frozen: state.frozen, connections: front.connections.sockets.size, active: state.flows.size, ...state.counts,
    }),
    async [Symbol.asyncDispose]() {
      clearTimeout(warming);
      clearTimeout(loadingScan);
      state.frozen = true;
      cutAll();
      await close(front.server);
      await upstreams[Symbol.asyncDispose]();
      // A server may be closed before the last answers on it have told of their own end.
      for (const record of state.open) record.end(undefined, true);
    },
  };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

interface LazyUpstreams extends AsyncDisposable {
  get(): Upstreams | Promise<Upstreams>;
  cut(): void;
}

function lazyUpstreams(dial: Dial, answerTimeoutMs: number, hop: Hop | undefined): LazyUpstreams {
  let loading: Promise<Upstreams> | undefined;
  let ready: Upstreams | undefined;
  const load = async (): Promise<Upstreams> => {
    const { createUpstreams } = await import("./upstream/select.ts");
    const upstreams = createUpstreams({ dial, answerTimeoutMs });
    return ready = hop?.kind === "pipelock" ? behindPipelock(upstreams, (origin) => hop.way(origin) === "hop") : upstreams;
  };
  return {
    get: () => ready ?? (loading ??= load()),
    cut: () => void loading?.then((upstreams) => upstreams.cut(), () => {}),
    [Symbol.asyncDispose]: async () => (await loading)?.[Symbol.asyncDispose](),
  };
}

// Node calls this from an event, where a throw would end the process.
function guarded(socket: { destroy(): unknown }, run: () => void): void {
  try {
    run();
  } catch {
    socket.destroy();
  }
}
