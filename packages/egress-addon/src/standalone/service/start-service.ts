import { once } from "node:events";
import { type AuditLog, openAuditLog, type PasswordSource, readCertificates, readLogin, readUpstreamProxy, startOperatorServer, type World } from "@bottle/standalone";
import { EgressError } from "../../errors.ts";
import { listen } from "../../front/listen.ts";
import type { EgressProxy } from "../../options.ts";
import { startEgressProxy } from "../../start.ts";
import type { StandaloneConfig } from "../config/config.ts";
import { createMetrics } from "../operator/metrics.ts";
import type { Operated } from "../operator/operated.ts";
import { expositionType } from "../operator/exposition.ts";
import { openTokens, readOnce } from "../tokens/token-store.ts";
import { version } from "../version.ts";
import { readKnown } from "./read-secrets.ts";
import { createOperated } from "./operate.ts";
import { createRecorder } from "./recorder.ts";

/** A running proxy with its audit log, tokens and operator's listeners. Disposing stops it all. */
export interface Service extends AsyncDisposable {
  readonly proxy: EgressProxy;
  readonly operated: Operated;
  readonly audit: AuditLog;
}

/** What a service is started with. */
export interface ServiceOptions {
  readonly config: StandaloneConfig;
  /** The file that a reload reads. */
  readonly configFile: string;
  readonly world: World;
  /** Stops the start, which may wait for a token's command. */
  readonly signal: AbortSignal;
}

/**
 * Starts everything; on failure nothing is left open.
 * @throws StandaloneError `audit-failed`, `password-missing`, `file-unreadable`; EgressError as `startEgressProxy`, `stopped` by the signal
 */
export async function startService({ config, configFile, world, signal }: ServiceOptions): Promise<Service> {
  await using stack = new AsyncDisposableStack();
  const readPassword = (source: PasswordSource): ReturnType<typeof readOnce> => readOnce(source, world.env);
  const credential = config.proxyCredential && await readLogin("proxy_credential", config.proxyCredential, readPassword);
  const via = config.upstreamProxy && { ...await readUpstreamProxy(config.upstreamProxy, readPassword), kind: config.upstreamProxy.kind };
  const upstreamCas = await Promise.all(config.upstreamCas.map(readCertificates));
  const tokens = { current: openTokens(config.tokens, world.env) };
  stack.defer(() => tokens.current[Symbol.asyncDispose]());
  const known = await readKnown(config.dlp.knownSecrets);
  const canaries = await readKnown(config.dlp.canaries);
  const passwords = [credential, via?.credential].flatMap((login) => (login ? [login.password] : []));
  const fixed = [...passwords, ...[...known, ...canaries].map(({ value }) => value)];
  const secrets = (): readonly string[] => [...tokens.current.values(), ...fixed];
  const audit = stack.use(openAuditLog(config.audit, { secrets, now: world.now }));
  const metrics = createMetrics({ version, startedAt: world.now() });
  const started: { proxy?: EgressProxy } = {};
  const record = createRecorder({ audit, metrics, freeze: () => started.proxy?.freeze(), say: world.err });
  const operated = createOperated({ proxy: () => started.proxy, config, configFile, world, tokens, record, metrics });
  const ownPorts: number[] = [];
  const { listen: pages, control } = config.operator;
  for (const address of [...(pages ? [pages] : []), ...(control === undefined ? [] : [{ unix: control }])]) {
    const more = { "/metrics": () => ({ status: 200, type: expositionType, body: operated.metrics() }) };
    const isSocket = "unix" in address;
    const server = stack.use(await startOperatorServer({ orders: operated, more, hasControl: isSocket, host: isSocket ? "localhost" : address.host }, (one) => listen(one, address)));
    if ("port" in server.address) ownPorts.push(server.address.port);
  }
  await untilAborted(tokens.current.ready, signal);
  if (signal.aborted) throw new EgressError("stopped", "The egress proxy was stopped before it was ready.", { cause: signal.reason });
  stack.defer(() => {
    if (started.proxy) sayStopped(record);
  });
  const { caName, howToAsk, maxConnections, dlp: { packs, scanLimitBytes } } = config;
  // The program presents its own credential to the proxy, so that one is not looked for; the other proxy's is none of its business.
  const held = [...known, ...tokens.current.named(), ...(via?.credential ? [{ name: "upstream_proxy", value: via.credential.password }] : [])];
  const proxy = stack.use(await startEgressProxy({
    listen: config.listen, caDirectory: config.caDirectory, policy: config.policy, hosts: config.hosts, allowPrivate: config.allowPrivate,
    timeouts: config.timeouts, upstreamCas, ownPorts, secrets: held, canaries, packs,
    tokens: (name) => tokens.current.lookup(name), placeholders: config.placeholders,
    onEvent: (event) => {
      metrics.observe(event);
      record({ ...event, durationMs: Math.round(event.durationMs * 100) / 100 });
    },
    ...(caName !== undefined && { caName }), ...(howToAsk !== undefined && { howToAsk }),
    ...(maxConnections !== undefined && { maxConnections }), ...(credential && { proxyCredential: credential }), ...(via && { via }),
    ...(scanLimitBytes !== undefined && { scanLimitBytes }),
  }));
  started.proxy = proxy;
  record({ type: "start", version, pid: process.pid, generation: proxy.generation, routes: config.policy.routes.length });
  const resources = stack.move();
  return { proxy, operated, audit, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const done = new AbortController();
  await Promise.race([work, once(signal, "abort", { signal: done.signal }).catch(() => {})]);
  done.abort();
}

function sayStopped(record: (entry: { readonly type: string }) => void): void {
  try {
    record({ type: "stop" });
  } catch {
    // Already said; there is nothing left to freeze.
  }
}
