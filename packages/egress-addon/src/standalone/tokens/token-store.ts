import { setTimeout } from "node:timers/promises";
import type { KnownSecret } from "@bottle/secret-scan";
import { createTokenSources } from "../../credentials/sources/create-token-sources.ts";
import type { TokenSource } from "../../credentials/sources/model.ts";
import type { Tokens } from "../../credentials/tokens.ts";

/** A token that has no value now, and why. */
export interface MissingToken {
  readonly name: string;
  readonly problem: string;
}

/** The secret values of a configuration, by name. */
export interface TokenStore extends AsyncDisposable {
  readonly lookup: Tokens;
  /** The values that were read last: what must not appear anywhere. */
  values(): readonly string[];
  /** The same with their names. */
  named(): readonly KnownSecret[];
  missing(): readonly MissingToken[];
  /** Resolves once every source has answered, or after 10 s. Never rejects. */
  readonly ready: Promise<void>;
}

const longestWaitMs = 10_000;

/** Opens the sources and asks each once, so that what is missing is known at the start. */
export function openTokens(declared: Readonly<Record<string, TokenSource>>, env: Readonly<Record<string, string | undefined>>): TokenStore {
  const sources = createTokenSources(declared, { env });
  const names = Object.keys(declared);
  const last = new Map<string, string | undefined>();
  const remember = (name: string, value: string | undefined): string | undefined => {
    last.set(name, value);
    return value;
  };
  const lookup: Tokens = (name) => {
    const value = sources(name);
    return value instanceof Promise ? value.then((later) => remember(name, later)) : remember(name, value);
  };
  return {
    lookup,
    values: () => [...last.values()].filter((value) => value !== undefined),
    named: () => [...last].flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
    missing: () => names.filter((name) => last.get(name) === undefined).map((name) => ({ name, problem: sources.problem(name) ?? "it has not answered yet" })),
    ready: Promise.race([Promise.allSettled(names.map(async (name) => lookup(name))), setTimeout(longestWaitMs, undefined, { ref: false })]).then(() => {}),
    [Symbol.asyncDispose]: () => sources[Symbol.asyncDispose](),
  };
}

/** The value of a variable or a file, or why there is none. */
export async function readOnce(source: Exclude<TokenSource, { readonly command: readonly string[] }>, env: Readonly<Record<string, string | undefined>>): Promise<{ readonly value: string } | { readonly problem: string }> {
  await using sources = createTokenSources({ only: source }, { env });
  const value = await sources("only");
  return value === undefined ? { problem: sources.problem("only") ?? "it has no value" } : { value };
}
