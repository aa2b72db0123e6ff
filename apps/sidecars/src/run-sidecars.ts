import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { startEgressProxy, type EgressEvent, type EgressProxy } from "@bottle/egress-addon";
import type { AuditEvent, ListenAddress, SidecarsConfig } from "@bottle/manifest";
import { openAuditLog, type AuditLog } from "./audit-log.ts";
import { startControl } from "./control/server.ts";
import { closeToOthers, freeSocketPath } from "./sockets.ts";

/** Everything of one bottle's sidecars, in this process. */
export interface Sidecars extends AsyncDisposable {
  readonly caCertificate: string;
}

/** What a running bottle's parts share: the log they write to and the switch that closes the way out. */
export interface Running {
  readonly egress: EgressProxy;
  /** Appends to the log; if that fails, nothing may leave any more and false is returned. */
  record(event: AuditEvent): boolean;
}

const howToAsk = "Ask the operator: a route is added in the bottle's manifest, under egress.routes. Do not try other ways out, there are none.";

/**
 * Starts egress, control socket and audit log. On failure nothing is left open.
 * @param options.onStop asked for on the control socket
 * @param options.log one sentence for the log file
 */
export async function runSidecars(config: SidecarsConfig, options: { readonly onStop: () => void; readonly log: (line: string) => void }): Promise<Sidecars> {
  await using stack = new AsyncDisposableStack();
  const { egress: wanted, listen, control } = config;
  const log = stack.use(openAuditLog({ file: config.auditFile, identity: config.identity, secrets: Object.values(wanted.tokens) }));
  await Promise.all([prepareListener(listen.egress), prepareListener(control)]);
  const started: { egress?: EgressProxy } = {};
  const record = (event: AuditEvent): boolean => append(log, event, () => {
    started.egress?.freeze();
    options.log("The audit log cannot be written: the egress is frozen.");
  });
  const egress = stack.use(await startEgressProxy({
    listen: listen.egress,
    caDirectory: wanted.caDirectory,
    policy: { routes: wanted.declaration.routes },
    tokens: (name) => (Object.hasOwn(wanted.tokens, name) ? wanted.tokens[name] : undefined),
    proxyCredential: wanted.proxyCredential,
    hosts: wanted.declaration.hosts,
    upstreamCas: wanted.upstreamCas,
    allowPrivate: wanted.declaration.allowPrivate,
    onEvent: (event) => void record(networkEvent(event)),
    howToAsk,
  }));
  started.egress = egress;
  stack.use(await startControl(control.unix, { running: { egress, record }, onStop: options.onStop }));
  for (const address of [listen.egress, control]) await finishListener(address, stack);
  const resources = stack.move();
  return { caCertificate: egress.caCertificate, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

function append(log: AuditLog, event: AuditEvent, onFailure: () => void): boolean {
  try {
    log.append(event);
    return true;
  } catch {
    onFailure();
    return false;
  }
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

function networkEvent({ type: _, durationMs: __, ...event }: EgressEvent): AuditEvent {
  return { type: "network", ...event };
}
