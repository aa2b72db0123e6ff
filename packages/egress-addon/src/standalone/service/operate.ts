import { isDeepStrictEqual } from "node:util";
import { createOrders, type World } from "@bottle/standalone";
import type { EgressProxy } from "../../options.ts";
import { countRoutes, type StandaloneConfig } from "../config/config.ts";
import { readConfig } from "../config/read-config.ts";
import type { Metrics } from "../operator/metrics.ts";
import type { Operated, Status } from "../operator/operated.ts";
import { openTokens, type TokenStore } from "../tokens/token-store.ts";
import { toRefusal } from "../to-refusal.ts";
import { version } from "../version.ts";
import type { Record } from "./recorder.ts";
import { restartNeeded } from "./restart-keys.ts";

/** What the operator's orders act on. */
export interface OperateOptions {
  /** Undefined until it listens. */
  readonly proxy: () => EgressProxy | undefined;
  /** As it was at the start. */
  readonly config: StandaloneConfig;
  readonly configFile: string;
  readonly world: World;
  /** The tokens in use; a reload replaces them. */
  readonly tokens: { current: TokenStore };
  readonly record: Record;
  readonly metrics: Metrics;
}

/** The operator's orders and views. Orders are carried out one after the other. */
export function createOperated(options: OperateOptions): Operated {
  const { proxy, tokens, record, metrics, world } = options;
  const startedAt = performance.now();
  let inForce = options.config;
  const status = (): Status => {
    const { frozen = false, connections = 0, active = 0, allowed = 0, denied = 0 } = proxy()?.stats() ?? {};
    return {
      generation: proxy()?.generation ?? 0, frozen, routes: inForce.policy.routes.length, connections, active, allowed, denied,
      uptimeSeconds: Math.round((performance.now() - startedAt) / 1_000), version, tokensMissing: tokens.current.missing(),
    };
  };
  const orders = createOrders({
    program: "egress-addon", noun: "proxy", running: proxy, isFrozen: () => proxy()?.stats().frozen ?? false, status, toRefusal, record, say: world.err,
    onRefusedReload: () => metrics.reloaded("refused", world.now()),
    async reload(running) {
      const wanted = await readConfig(options.configFile, world.cwd);
      const fresh = isDeepStrictEqual(wanted.tokens, inForce.tokens) ? tokens.current : openTokens(wanted.tokens, world.env);
      await fresh.ready;
      const old = tokens.current;
      try {
        // From here to the swap nothing waits, so no request sees the one without the other.
        tokens.current = fresh;
        running.reload(wanted.policy);
      } catch (error) {
        tokens.current = old;
        if (fresh !== old) await fresh[Symbol.asyncDispose]();
        throw error;
      }
      if (fresh !== old) await old[Symbol.asyncDispose]();
      inForce = wanted;
      metrics.reloaded("applied", world.now());
      return { text: countRoutes(wanted.policy), facts: { routes: wanted.policy.routes.length }, restartNeeded: restartNeeded(options.config, wanted) };
    },
  });
  return { ...orders, metrics: () => metrics.render({ stats: proxy()?.stats() ?? noStats, generation: proxy()?.generation ?? 0, tokensMissing: tokens.current.missing().length }) };
}

const noStats = { frozen: false, connections: 0, active: 0, allowed: 0, denied: 0, bytesOut: 0, bytesIn: 0 };
