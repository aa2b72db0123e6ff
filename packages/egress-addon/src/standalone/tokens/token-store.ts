import type { SecretSource } from "../config/config.ts";
import { createCommandSource } from "./command-source.ts";
import { createEnvSource } from "./env-source.ts";
import { createFileSource } from "./file-source.ts";
import type { Source } from "./source.ts";

/** Every secret value the proxy may put on the wire, by name. */
export interface TokenStore extends Disposable {
  /** Undefined if there is none, or none now. */
  read(name: string): string | undefined;
  /** All that are there now. */
  values(): readonly string[];
  /** Names without a value now, and why. */
  missing(): readonly { readonly name: string; readonly problem: string }[];
  /** Resolves once every source has been asked. Never rejects. */
  readonly ready: Promise<void>;
}

/** What sources are read with. */
export interface SourceWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Opens one source. */
export function openSource(source: SecretSource, world: SourceWorld): Source {
  if ("env" in source) return createEnvSource(source.env, world.env);
  return "file" in source ? createFileSource(source.file) : createCommandSource({ ...source, ...world });
}

/** Opens all sources; commands start to run. */
export function openTokens(declared: Readonly<Record<string, SecretSource>>, world: SourceWorld): TokenStore {
  const sources = new Map(Object.entries(declared).map(([name, source]) => [name, openSource(source, world)]));
  const all = [...sources.entries()];
  return {
    read: (name) => sources.get(name)?.read(),
    values: () => all.map(([, source]) => source.read()).filter((value) => value !== undefined),
    missing: () => all.flatMap(([name, source]) => (source.read() === undefined ? [{ name, problem: source.problem() ?? "there is no value" }] : [])),
    ready: Promise.all(all.map(([, source]) => source.ready)).then(() => {}),
    [Symbol.dispose]() {
      for (const [, source] of all) source[Symbol.dispose]();
    },
  };
}
