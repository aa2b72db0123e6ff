import { isDeepStrictEqual } from "node:util";
import type { World } from "@bottle/standalone";
import type { EgressProxy } from "../../options.ts";
import { countRoutes, type StandaloneConfig } from "../config/config.ts";
import { readConfig } from "../config/read-config.ts";
import type { Metrics } from "../operator/metrics.ts";
import type { ControlAnswer, Operated, Orderer, Status } from "../operator/operated.ts";
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
  let last: Promise<unknown> = Promise.resolve();
  const status = (): Status => {
    const { frozen = false, connections = 0, active = 0, allowed = 0, denied = 0 } = proxy()?.stats() ?? {};
    return {
      generation: proxy()?.generation ?? 0, frozen, routes: inForce.policy.routes.length, connections, active, allowed, denied,
      uptimeSeconds: Math.round((performance.now() - startedAt) / 1_000), version, tokensMissing: tokens.current.missing(),
    };
  };

  /** Carries an order out after those before it; what it throws becomes its answer. */
  const inTurn = (type: string, by: Orderer, run: (proxy: EgressProxy) => Promise<ControlAnswer>): Promise<ControlAnswer> => {
    const answer = last.then(async (): Promise<ControlAnswer> => {
      const running = proxy();
      if (running === undefined) return { ok: false, code: "not-ready", message: "The proxy is starting or stopping.", generation: 0 };
      return run(running).catch((error: unknown) => refused(type, by, error));
    });
    last = answer;
    return answer;
  };

  function refused(type: string, by: Orderer, error: unknown): ControlAnswer {
    const { code, message, mend } = toRefusal(error) ?? { code: "internal", message: error instanceof Error ? error.message : String(error), mend: undefined };
    if (type === "reload") metrics.reloaded("refused", world.now());
    const generation = proxy()?.generation ?? 0;
    const text = `${message}${mend === undefined ? "" : `\n  → ${mend}`}\nGeneration ${generation} stays in force.`;
    world.err(`egress-addon: the ${type} was refused (${by}).\n${text}`);
    tryRecord({ type, by, outcome: "refused", code, detail: message, generation });
    return { ok: false, code, message: text, generation };
  }

  // The order has been answered either way; a log that fails has frozen the proxy already.
  function tryRecord(entry: Parameters<Record>[0]): boolean {
    try {
      record(entry);
      return true;
    } catch {
      return false;
    }
  }

  return {
    status,
    metrics: () => metrics.render({ stats: proxy()?.stats() ?? noStats, generation: proxy()?.generation ?? 0, tokensMissing: tokens.current.missing().length }),
    notReady: () => (proxy() === undefined ? "starting" : proxy()?.stats().frozen ? "frozen" : undefined),
    reload: (by) => inTurn("reload", by, async (running) => {
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
      const later = restartNeeded(options.config, wanted);
      const { generation } = running;
      world.err(`egress-addon: generation ${generation} is in force (${by}), ${countRoutes(wanted.policy)}.${later.length === 0 ? "" : ` Changed, but a restart is needed: ${later.join(", ")}.`}`);
      const isRecorded = tryRecord({ type: "reload", by, outcome: "applied", generation, routes: wanted.policy.routes.length, restartNeeded: later });
      if (!isRecorded) return { ok: false, code: "audit-failed", message: `Generation ${generation} is in force, but could not be recorded, so the proxy is frozen.`, generation };
      return { ok: true, ...status(), restartNeeded: later };
    }),
    freeze: (by) => inTurn("freeze", by, async (running) => {
      running.freeze();
      world.err(`egress-addon: frozen (${by}): everything was cut and nothing passes.`);
      tryRecord({ type: "freeze", by, outcome: "applied", generation: running.generation });
      return { ok: true, ...status() };
    }),
    thaw: (by) => inTurn("thaw", by, async (running) => {
      // Recorded first: a log that cannot be written keeps it frozen.
      record({ type: "thaw", by, outcome: "applied", generation: running.generation });
      running.thaw();
      world.err(`egress-addon: thawed (${by}).`);
      return { ok: true, ...status() };
    }),
  };
}

const noStats = { frozen: false, connections: 0, active: 0, allowed: 0, denied: 0, bytesOut: 0, bytesIn: 0 };
