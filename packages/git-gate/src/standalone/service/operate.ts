import { isDeepStrictEqual } from "node:util";
import { type AuditEntry, createOrders, type Orders, type World } from "@bottle/standalone";
import type { GitGate } from "../../options.ts";
import { countRepositories, type StandaloneConfig } from "../config/config.ts";
import { readConfig } from "../config/read-config.ts";
import { toRefusal } from "../to-refusal.ts";
import { version } from "../version.ts";
import { checkFiles } from "./check-files.ts";
import { openSecrets, type Secrets } from "./read-secrets.ts";
import { restartNeeded } from "./restart-keys.ts";

/** How the gate stands. */
export interface Status {
  /** Of the repositories in force. */
  readonly generation: number;
  readonly frozen: boolean;
  readonly repositories: readonly string[];
  readonly uptimeSeconds: number;
  readonly version: string;
}

/** What the operator's orders act on. */
export interface OperateOptions {
  /** Undefined until it listens. */
  readonly gate: () => GitGate | undefined;
  /** As it was at the start. */
  readonly config: StandaloneConfig;
  readonly configFile: string;
  readonly world: World;
  /** The secrets in use; a reload replaces them. */
  readonly secrets: { current: Secrets };
  readonly record: (entry: AuditEntry) => void;
}

/** The operator's orders and views. A reload brings repositories and secrets into force. */
export function createOperated({ gate, config, configFile, world, secrets, record }: OperateOptions): Orders<Status> {
  const startedAt = performance.now();
  let inForce = config;
  const status = (): Status => ({
    generation: gate()?.generation ?? 0, frozen: gate()?.isFrozen ?? false, repositories: inForce.repositories.map(({ name }) => name),
    uptimeSeconds: Math.round((performance.now() - startedAt) / 1_000), version,
  });
  const say = (text: string): void => world.err(text);
  return createOrders({
    program: "git-gate", noun: "gate", running: gate, isFrozen: () => gate()?.isFrozen ?? false, status, toRefusal, say, record,
    async reload(running) {
      const wanted = await readConfig(configFile, world.cwd);
      for (const repository of wanted.repositories) await checkFiles(repository);
      const before = secrets.current;
      // Unchanged ones remember what their files held before.
      const fresh = isDeepStrictEqual(wanted.secrets, inForce.secrets) ? before : openSecrets(wanted.secrets, { env: world.env, say: (line) => say(`git-gate: ${line}`) });
      // Until what runs by the old ones has ended, both count.
      secrets.current = { current: () => [...fresh.current(), ...before.current()] };
      try {
        await running.reload(wanted.repositories);
      } catch (error) {
        secrets.current = before;
        throw error;
      }
      secrets.current = fresh;
      inForce = wanted;
      const names = wanted.repositories.map(({ name }) => name);
      return { text: countRepositories(wanted), facts: { repositories: names }, restartNeeded: restartNeeded(config, wanted) };
    },
  });
}
