import { EgressError } from "../../errors.ts";
import { commandSource } from "./command.ts";
import { envSource } from "./env.ts";
import { fileSource } from "./file.ts";
import type { OpenSource, TokenSource } from "./model.ts";

/** Answers with the values of its sources. Disposing ends what is under way and forgets what was kept. */
export interface TokenLookup extends AsyncDisposable {
  (tokenRef: string): string | undefined | Promise<string | undefined>;
  /** Why the last value of a tokenRef was not to be had, for the operator. Never carries a value, or what a command printed. */
  problem(tokenRef: string): string | undefined;
}

/** The surroundings that sources are read in. */
export interface TokenWorld {
  /** Variables, and what commands are given. Default: this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Absolute; where commands run. Default: where this process does. */
  readonly directory?: string;
  /** Whether a file must be this user's (or root's) and closed to all others. Default: it must not be writable by everyone. */
  readonly arePrivate?: boolean;
}

/**
 * Opens the sources of tokens. Nothing is read before it is asked for, and what has changed is read anew without a restart.
 * Variables and files answer at once. Values are kept in closures alone: no property, `inspect` or JSON shows them. They are
 * strings, though, so a heap snapshot or a core dump of this process holds them.
 * @throws EgressError `option-invalid` naming a source that cannot be one
 */
export function createTokenSources(sources: Readonly<Record<string, TokenSource>>, world: TokenWorld = {}): TokenLookup {
  const opened = new Map(Object.entries(sources).map(([tokenRef, source]) => [tokenRef, open(tokenRef, source, world)]));
  let isDisposed = false;
  const lookup = (tokenRef: string): string | undefined | Promise<string | undefined> => isDisposed ? undefined : opened.get(tokenRef)?.read();
  return Object.assign(lookup, {
    problem: (tokenRef: string): string | undefined => opened.has(tokenRef) ? opened.get(tokenRef)?.problem() : "it has no source",
    async [Symbol.asyncDispose](): Promise<void> {
      isDisposed = true;
      await Promise.all([...opened.values()].map((source) => source.close()));
    },
  });
}

function open(tokenRef: string, source: TokenSource, { env = process.env, directory, arePrivate = false }: TokenWorld): OpenSource {
  const invalid = (what: string): EgressError => new EgressError("option-invalid", `The token source of ${JSON.stringify(tokenRef)} ${what}.`);
  const given: Partial<Record<"env" | "file" | "command" | "ttlSeconds" | "timeoutSeconds", unknown>> = source;
  const kinds = (["env", "file", "command"] as const).filter((kind) => given[kind] !== undefined);
  if (kinds.length !== 1) throw invalid("must be exactly one of env, file and command");
  if ("env" in source) {
    if (!/^[^=\0]+$/.test(String(source.env))) throw invalid("needs the name of a variable");
    return envSource(source.env, env);
  }
  if ("file" in source) {
    if (typeof source.file !== "string" || !source.file.startsWith("/")) throw invalid("needs the absolute path of a file");
    return fileSource(source.file, { isPrivate: arePrivate });
  }
  const { command, ttlSeconds = 300, timeoutSeconds = 30 } = source;
  const isList = Array.isArray(command) && command.length > 0 && command.every((part) => typeof part === "string" && !part.includes("\0"));
  if (!isList || command[0] === "") throw invalid("needs a command as a list of texts, the program first");
  if (!(ttlSeconds >= 0 && ttlSeconds <= 86_400)) throw invalid("has a ttlSeconds that is not from 0 to 86400");
  if (!(timeoutSeconds > 0 && timeoutSeconds <= 600)) throw invalid("has a timeoutSeconds that is not above 0, up to 600");
  return commandSource({ command, ttlMs: ttlSeconds * 1_000, timeoutMs: timeoutSeconds * 1_000, env, directory });
}
