import type { Tokens } from "@bottle/egress-addon";
import type { AskToken } from "./ask.ts";

/** Options of `renewTokens`. */
export interface RenewOptions {
  /** Every value as it was at the start, by `tokenRef`. */
  readonly values: Readonly<Record<string, string>>;
  /** Those that are asked for again. */
  readonly renewable: readonly string[];
  readonly ask: AskToken;
  /** Told of a new value before it is used. */
  readonly onNew: (tokenRef: string, value: string) => void | Promise<void>;
  /** One sentence for the log, without a value. */
  readonly say: (sentence: string) => void;
  /** How long an answer counts. Default 1000. */
  readonly holdMs?: number;
}

/**
 * The values of credentials: those that can change are asked for again, at most once a second and once for all who need one.
 * One that is no longer to be had is none: what was known of it before is not used.
 */
export function renewTokens({ values, renewable, ask, onNew, say, holdMs = 1_000 }: RenewOptions): Tokens {
  const fixed = new Map(Object.entries(values).filter(([name]) => !renewable.includes(name)));
  const lookups = new Map(renewable.map((name) => [name, renewed(name)]));
  return (tokenRef) => lookups.get(tokenRef)?.() ?? fixed.get(tokenRef);

  function renewed(name: string): () => string | undefined | Promise<string | undefined> {
    let value = Object.hasOwn(values, name) ? values[name] : undefined;
    let said: string | undefined;
    let staleAt = performance.now() + holdMs;
    let running: Promise<string | undefined> | undefined;
    const renew = async (): Promise<string | undefined> => {
      const reading = await ask(name);
      const found = "value" in reading ? reading.value.reveal() : undefined;
      if (found !== undefined && found !== value) await onNew(name, found);
      const problem = "problem" in reading ? reading.problem : undefined;
      if (problem !== said) say(problem === undefined ? `The credential ${name} is there again.` : `The credential ${name} is not to be had: ${problem}. Its routes refuse.`);
      said = problem;
      value = found;
      staleAt = performance.now() + holdMs;
      running = undefined;
      return value;
    };
    return () => (performance.now() < staleAt ? value : running ??= renew());
  }
}
