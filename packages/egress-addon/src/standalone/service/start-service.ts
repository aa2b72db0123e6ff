import { dirname } from "node:path";
import type { EgressProxy } from "../../options.ts";
import { startEgressProxy } from "../../start.ts";
import { type AuditLog, openAuditLog } from "../audit/audit-log.ts";
import type { StandaloneConfig } from "../config/config.ts";
import { createMetrics } from "../operator/metrics.ts";
import type { Operated } from "../operator/operated.ts";
import { startOperatorServer } from "../operator/operator-server.ts";
import { openTokens } from "../tokens/token-store.ts";
import { version } from "../version.ts";
import type { World } from "../world.ts";
import { readCertificates, readCredential } from "./credential.ts";
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
}

/**
 * Starts everything; on failure nothing is left open.
 * @throws StandaloneError `audit-failed`, `password-missing`, `file-unreadable`; EgressError as `startEgressProxy`
 */
export async function startService({ config, configFile, world }: ServiceOptions): Promise<Service> {
  await using stack = new AsyncDisposableStack();
  const sourceWorld = { env: world.env, cwd: dirname(configFile) };
  const credential = readCredential(config, sourceWorld);
  const upstreamCas = await Promise.all(config.upstreamCas.map(readCertificates));
  const tokens = { current: openTokens(config.tokens, sourceWorld) };
  stack.defer(() => tokens.current[Symbol.dispose]());
  const secrets = (): readonly string[] => [...tokens.current.values(), ...(credential ? [credential.password] : [])];
  const audit = stack.use(openAuditLog(config.audit, { secrets, now: world.now }));
  const metrics = createMetrics({ version, startedAt: world.now() });
  const started: { proxy?: EgressProxy } = {};
  const record = createRecorder({ audit, metrics, freeze: () => started.proxy?.freeze(), say: world.err });
  const operated = createOperated({ proxy: () => started.proxy, config, configFile, world, sourceWorld, tokens, record, metrics });
  const ownPorts: number[] = [];
  const { listen: pages, control } = config.operator;
  for (const address of [...(pages ? [pages] : []), ...(control === undefined ? [] : [{ unix: control }])]) {
    const server = stack.use(await startOperatorServer(address, operated));
    if ("port" in server.address) ownPorts.push(server.address.port);
  }
  await tokens.current.ready;
  stack.defer(() => {
    if (started.proxy) sayStopped(record);
  });
  const { caName, howToAsk, maxConnections } = config;
  const proxy = stack.use(await startEgressProxy({
    listen: config.listen, caDirectory: config.caDirectory, policy: config.policy, hosts: config.hosts, allowPrivate: config.allowPrivate,
    timeouts: config.timeouts, upstreamCas, ownPorts,
    tokens: (name) => tokens.current.read(name),
    onEvent: (event) => {
      metrics.observe(event);
      record({ ...event, durationMs: Math.round(event.durationMs * 100) / 100 });
    },
    ...(caName !== undefined && { caName }), ...(howToAsk !== undefined && { howToAsk }),
    ...(maxConnections !== undefined && { maxConnections }), ...(credential && { proxyCredential: credential }),
  }));
  started.proxy = proxy;
  record({ type: "start", version, pid: process.pid, generation: proxy.generation, routes: config.policy.routes.length });
  const resources = stack.move();
  return { proxy, operated, audit, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

function sayStopped(record: (entry: { readonly type: string }) => void): void {
  try {
    record({ type: "stop" });
  } catch {
    // Already said; there is nothing left to freeze.
  }
}
