import { join } from "node:path";
import type { EgressRoute, UpstreamProxy } from "@bottle/egress-addon";
import type { SidecarsConfig } from "@bottle/manifest";

/** What a bottle's upstreams are reached through. */
export interface Hop {
  readonly via?: UpstreamProxy;
  /** What the hop does not see, as sentences for the log. */
  readonly unscanned: readonly string[];
  /** Tells the hop of routes before they come into force. @throws EgressError if it does not follow them; then it goes on as before */
  prepare(routes: readonly EgressRoute[]): Promise<void>;
  /** Whether it lets requests to a host, or to all under `*.name`, through at all. */
  lets(host: string): boolean;
  /** Tells the hop of a credential's new value. @throws EgressError as `prepare` */
  renew(tokenRef: string, value: string): Promise<void>;
}

/** The operator's proxy, or a pipelock of the bottle's own, which ends with the stack. @param onEnded is told once pipelock has ended by itself */
export async function startHop(config: SidecarsConfig, options: {
  readonly routes: readonly EgressRoute[];
  readonly stack: AsyncDisposableStack;
  readonly ownedBy: string | undefined;
  readonly onEnded: () => void;
}): Promise<Hop> {
  const { pipelock: wanted, upstreamProxy, caDirectory, tokens, secrets = [], declaration } = config.egress;
  if (wanted === undefined) return { ...(upstreamProxy && { via: upstreamProxy }), unscanned: [], prepare: async () => {}, lets: () => true, renew: async () => {} };
  // Few bottles have one, and all would load it.
  const { pipelockHosts, startPipelock } = await import("@bottle/egress-addon/pipelock");
  const current = new Map(Object.entries(tokens));
  const values = (): readonly string[] => [...current.values(), ...secrets.map(({ value }) => value)];
  const pipelock = options.stack.use(await startPipelock({
    ...("beside" in wanted ? wanted : { binary: wanted.binary, directory: join(caDirectory, "pipelock"), environment: options.ownedBy === undefined ? {} : { BOTTLE_OWNED: options.ownedBy } }),
    routes: options.routes, secrets: values(), allowPrivate: declaration.allowPrivate,
  }));
  let isStopping = false;
  options.stack.defer(() => void (isStopping = true));
  void pipelock.ended.then(() => isStopping || options.onEnded());
  let inForce = options.routes;
  return {
    via: pipelock.via, unscanned: pipelock.unscanned,
    async prepare(routes) {
      await pipelock.reload({ routes, secrets: values() });
      inForce = routes;
    },
    lets: (host) => pipelockHosts(inForce).allowed.some((allowed) => allowed === host || (allowed.startsWith("*.") && host.endsWith(allowed.slice(1)))),
    renew(tokenRef, value) {
      current.set(tokenRef, value);
      return pipelock.reload({ routes: inForce, secrets: values() });
    },
  };
}
