import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { startEgressProxy, type EgressEvent, type EgressPolicy, type EgressProxy, type EgressRoute } from "@bottle/egress-addon";
import type { ListenAddress, NetworkEvent, SidecarsConfig } from "@bottle/manifest";
import { openAuditLog } from "./audit-log.ts";
import { coalesceDenials } from "./coalesce.ts";
import { startControl } from "./control/server.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { egressPolicy, egressRoutes } from "./egress-policy.ts";
import { startHop, type Hop } from "./hop.ts";
import { closeToOthers, freeSocketPath } from "./sockets.ts";
import type { AskToken } from "./tokens/ask.ts";
import { renewTokens } from "./tokens/renew.ts";

/** Everything of one bottle's sidecars, in this process. */
export interface Sidecars extends AsyncDisposable {
  readonly caCertificate: string;
}

/** What a running bottle's parts share: the log they write to and the switch that closes the way out. */
export interface Running {
  readonly egress: EgressProxy;
  readonly hop: Pick<Hop, "prepare">;
  readonly record: Recorder;
  /** What the egress follows of routes: who scans, and whether one may name every host, stays what the bottle was started with. */
  policy(routes: readonly EgressRoute[]): EgressPolicy;
}

/** What an agent's requests can make of the audit log. */
export interface AuditLimits {
  /** Of the file; beyond it the egress is frozen. */
  readonly maxBytes: number;
  /** Denied requests alike that get a line each in one window; the rest are counted. */
  readonly alike: number;
  readonly windowMs: number;
}

const auditLimits: AuditLimits = { maxBytes: 268_435_456, alike: 20, windowMs: 60_000 };

/** Options of `runSidecars`. */
export interface RunOptions {
  /** Asked for on the control socket. */
  readonly onStop: () => void;
  /** One sentence for the log file. */
  readonly log: (line: string) => void;
  /** Where credentials that may change are asked for again; without it they stay as they were. */
  readonly ask?: AskToken;
  /** Default: 256 MiB; 20 alike a minute. */
  readonly audit?: Partial<AuditLimits>;
}

const howToAsk = "Ask the operator: a route is added in the bottle's manifest, under egress.routes. Do not try other ways out, there are none.";

/** Starts egress, control socket and audit log. On failure nothing is left open. */
export async function runSidecars(config: SidecarsConfig, options: RunOptions): Promise<Sidecars> {
  await using stack = new AsyncDisposableStack();
  const { egress: wanted, listen, control } = config;
  const { maxBytes, alike, windowMs } = { ...auditLimits, ...options.audit };
  const log = stack.use(openAuditLog({ file: config.auditFile, identity: config.identity, secrets: [...Object.values(wanted.tokens), ...(wanted.secrets ?? []).map(({ value }) => value)], maxBytes }));
  await Promise.all([prepareListener(listen.egress), prepareListener(control)]);
  const started: { egress?: EgressProxy } = {};
  const record = createRecorder({ log, freeze: () => started.egress?.freeze(), say: options.log });
  const network = stack.use(coalesceDenials({ record, alike, windowMs }));
  const { declaration } = wanted;
  const routes = egressRoutes(declaration);
  const hop = await startHop(config, {
    routes, stack, ownedBy: process.env["BOTTLE_OWNED"],
    onEnded: () => {
      started.egress?.freeze();
      options.log("pipelock has ended; the egress is frozen.");
    },
  });
  for (const sentence of hop.unscanned) options.log(sentence);
  const egress = stack.use(await startEgressProxy({
    listen: listen.egress,
    caDirectory: wanted.caDirectory,
    policy: egressPolicy(routes, declaration),
    tokens: renewTokens({
      values: wanted.tokens, renewable: options.ask === undefined ? [] : wanted.renewable ?? [], ask: options.ask ?? (() => Promise.resolve({ problem: "nobody is there to ask" })), say: options.log,
      onNew: async (tokenRef, value) => {
        log.know(value);
        await hop.renew(tokenRef, value).catch((error: unknown) => options.log(error instanceof Error ? error.message : String(error)));
      },
    }),
    secrets: wanted.secrets ?? [],
    packs: wanted.declaration.dlp.packs ?? [],
    ...(wanted.placeholders && { placeholders: wanted.placeholders }),
    ...(hop.via && { via: hop.via }),
    proxyCredential: wanted.proxyCredential,
    hosts: wanted.declaration.hosts,
    upstreamCas: wanted.upstreamCas,
    allowPrivate: wanted.declaration.allowPrivate,
    onEvent: (event) => network.push(networkEvent(event)),
    howToAsk,
  }));
  started.egress = egress;
  stack.use(await startControl(control.unix, { running: { egress, hop, record, policy: (again) => egressPolicy(again, declaration) }, onStop: options.onStop }));
  for (const address of [listen.egress, control]) await finishListener(address, stack);
  const resources = stack.move();
  return { caCertificate: egress.caCertificate, [Symbol.asyncDispose]: () => resources.disposeAsync() };
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

function networkEvent({ type: _, durationMs: __, ...event }: EgressEvent): NetworkEvent {
  return { type: "network", ...event };
}
