import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { EgressPolicy, EgressProxy, EgressRoute } from "@bottle/egress-addon";
import type { GitGate } from "@bottle/git-gate";
import type { AuditHead, ListenAddress, SidecarsConfig } from "@bottle/manifest";
import { coalesceDenials } from "./audit/coalesce.ts";
import { holdEarly } from "./audit/hold-early.ts";
import { openAuditLog, type LogLimits } from "./audit/log.ts";
import { createRecorder, type Recorder } from "./audit/recorder.ts";
import { startControl } from "./control/server.ts";
import { networkEvent, startEgress } from "./egress.ts";
import { egressPolicy, egressRoutes } from "./egress-policy.ts";
import { startGate } from "./gate.ts";
import { startHop } from "./hop.ts";
import { closeToOthers, freeSocketPath } from "./sockets.ts";
import { rememberDenials } from "./supervise/denials.ts";
import { grantedRoutes, hopRoutes } from "./supervise/granted-routes.ts";
import { createHeldPushes } from "./supervise/held-pushes.ts";
import { createInForce, type InForce } from "./supervise/in-force.ts";
import type { SuperviseOrders } from "./supervise/orders.ts";
import { openLedger } from "./supervise/open-ledger.ts";
import { formatRoutes, showRoutes } from "./supervise/show-routes.ts";
import { type Asking, startAsking } from "./supervise/start.ts";
import type { AskToken } from "./tokens/ask.ts";
import { knownTokens } from "./tokens/known.ts";
import { renewTokens } from "./tokens/renew.ts";

/** Everything of one bottle's sidecars, in this process. */
export interface Sidecars extends AsyncDisposable {
  readonly caCertificate: string;
  /** The checkpoint the audit log begins this launch with, once there is something to record. */
  readonly head: AuditHead;
  readonly record: Recorder;
}

/** What a running bottle's parts share: the log they write to and the switch that closes every way out. */
export interface Running {
  readonly egress: EgressProxy;
  readonly inForce: InForce;
  readonly record: Recorder;
  /** Present for a bottle whose agent may ask. */
  readonly supervise?: SuperviseOrders;
  /** Egress and gate alike. */
  freeze(): void;
  thaw(): void;
}

/** What an agent's requests can make of the audit log. Beyond `maxBytes` the egress is frozen. */
export interface AuditLimits extends LogLimits {
  /** Denied requests alike that get a line each in one window; the rest are counted. */
  readonly alike: number;
  readonly windowMs: number;
}

const auditLimits: AuditLimits = { maxBytes: 268_435_456, maxFileBytes: 67_108_864, unsignedLines: 64, unsignedMs: 1000, alike: 20, windowMs: 60_000 };

/** Options of `runSidecars`. */
export interface RunOptions {
  /** Asked for on the control socket. */
  readonly onStop: () => void;
  /** One sentence for the log file. */
  readonly log: (line: string) => void;
  /** Told of files of /etc/bottle that the agent may see, by their names there, at the start and when they change. */
  readonly show?: (files: Readonly<Record<string, string>>) => void;
  /** Where credentials that may change are asked for again; without it they stay as they were. */
  readonly ask?: AskToken;
  /** Told of the audit log's checkpoints as they are written. */
  readonly onSealed?: (head: AuditHead) => void;
  /** Default: 256 MiB in files of 64; 64 lines or a second without a signature; 20 alike a minute. */
  readonly audit?: Partial<AuditLimits>;
}

/** Starts egress, control socket, audit log and, for a bottle with upstreams, the git gate. On failure nothing is left open. */
export async function runSidecars(config: SidecarsConfig, options: RunOptions): Promise<Sidecars> {
  await using stack = new AsyncDisposableStack();
  const { egress: wanted, listen, control } = config;
  const { alike, windowMs, ...limits } = { ...auditLimits, ...options.audit };
  const listeners = listenersOf(config);
  // Before the log is written to: these sockets show that nobody else does.
  await Promise.all(listeners.map(prepareListener));
  const log = stack.use(openAuditLog({
    ...limits, file: config.auditFile, identity: config.identity, secrets: [...Object.values(wanted.tokens), ...(wanted.secrets ?? []).map(({ value }) => value)],
    onFailed: (error) => fail(error), ...(options.onSealed && { onSealed: options.onSealed }),
  }));
  const started: { egress?: EgressProxy; gate?: GitGate; asking?: Asking } = {};
  const freeze = (): void => {
    started.egress?.freeze();
    started.gate?.freeze();
  };
  const early = holdEarly(log);
  const { record, fail } = createRecorder({ log: early, freeze, say: options.log });
  const network = stack.use(coalesceDenials({ record, alike, windowMs }));
  const { declaration } = wanted;
  const routes = egressRoutes(declaration);
  const tokens = knownTokens(wanted.tokens);
  // Who scans, and whether a route may name every host, stays what the bottle was started with.
  const policyOf = (again: readonly EgressRoute[]): EgressPolicy => egressPolicy(again, declaration);
  const ledger = stack.use(openLedger(config.supervise, { policy: policyOf(routes), useOf: (id) => started.egress?.grantUse(id), record, now: Date.now, say: options.log }));
  const [denials, held] = [rememberDenials(), createHeldPushes()];
  const hop = await startHop(config, {
    routes: hopRoutes(routes, ledger.list()), stack, ownedBy: process.env["BOTTLE_OWNED"],
    onEnded: () => {
      started.egress?.freeze();
      options.log("pipelock has ended; the egress is frozen.");
    },
  });
  for (const sentence of hop.unscanned) options.log(sentence);
  const egress = stack.use(await startEgress(config, {
    policy: { ...policyOf(routes), grants: grantedRoutes(ledger.list(), ledger.usedBefore) },
    via: hop.via, ownPorts: portsOf(listeners.filter((address) => address !== listen.egress)),
    tokens: renewTokens({
      values: wanted.tokens, renewable: options.ask === undefined ? [] : wanted.renewable ?? [], ask: options.ask ?? (() => Promise.resolve({ problem: "nobody is there to ask" })), say: options.log,
      onNew: async (tokenRef, value) => {
        log.know(value);
        tokens.know(tokenRef, value);
        await hop.renew(tokenRef, value).catch((error: unknown) => options.log(error instanceof Error ? error.message : String(error)));
      },
    }),
    onEvent(event) {
      denials.take(event);
      network.push(networkEvent(event));
    },
    onGrantUse(id, requests) {
      ledger.use(id, requests);
      // It counts once this has returned.
      queueMicrotask(() => started.asking?.ends.look());
    },
  }));
  started.egress = egress;
  const gate = await startGate(config, { stack, record, tokens, held: config.supervise && held.gate, ownPorts: portsOf(listeners) });
  if (gate) started.gate = gate;
  const thaw = (): void => {
    egress.thaw();
    gate?.thaw();
  };
  const onChange = (): void => {
    started.asking?.ends.look();
    if (config.supervise) options.show?.({ "current-config/routes.json": formatRoutes(egress.generation, showRoutes(inForce.policy(), inForce.grants())) });
  };
  const inForce: InForce = createInForce({ routes, egress, hop, ledger, policyOf, onChange, say: options.log });
  const asking = await startAsking(config, { stack, egress, inForce, denials, held, record, isInHop: hop.lets, ownPorts: portsOf(listeners), now: Date.now, say: options.log });
  if (asking) started.asking = asking;
  const running = { egress, inForce, record, freeze, thaw, ...(asking && { supervise: asking.orders }) };
  stack.use(await startControl(control.unix, { running, log: { file: config.auditFile, follow: log.follow }, onStop: options.onStop }));
  for (const address of listeners) await finishListener(address, stack);
  onChange();
  early.release();
  const resources = stack.move();
  return { caCertificate: egress.caCertificate, head: log.head, record, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function prepareListener(address: ListenAddress): Promise<void> {
  if (!("unix" in address)) return;
  await mkdir(dirname(address.unix), { recursive: true, mode: 0o700 });
  await freeSocketPath(address.unix);
}

async function finishListener(address: ListenAddress, stack: AsyncDisposableStack): Promise<void> {
  if (!("unix" in address)) return;
  await closeToOthers(address.unix);
  stack.defer(() => rm(address.unix, { force: true }));
}

function listenersOf({ listen: { egress, gitGate, supervise }, control }: SidecarsConfig): readonly ListenAddress[] {
  return [egress, gitGate, supervise, control].filter((address) => address !== undefined);
}

function portsOf(addresses: readonly ListenAddress[]): readonly number[] {
  return addresses.flatMap((address) => ("port" in address ? [address.port] : []));
}
