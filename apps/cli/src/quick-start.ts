import type { Context } from "./context.ts";
import { askedBackend } from "./services/asked-backend.ts";
import type { Prestarted } from "./services/prestart.ts";

/** What of a start has begun before its command line was parsed. */
export interface QuickStart extends AsyncDisposable {
  readonly agent: string;
  readonly backend: string;
  readonly prestarted: Promise<Prestarted | undefined>;
}

const withValue = ["--backend", "--workspace"];

/**
 * Begins `bottle start AGENT --yes` without the parser of command lines, which loads while the engine already works.
 * Undefined: any command line that is not plainly this one. Disposing ends what no start has made its own.
 */
export function quickStart(context: Context, argv: readonly string[]): QuickStart | undefined {
  const asked = recognize(argv);
  if (!asked) return undefined;
  const backend = askedBackend(context, asked.backend);
  const prestarted = import("./services/prestart.ts").then(({ prestart }) => prestart(context, { agent: asked.agent }, backend));
  // Whoever uses it is told.
  prestarted.catch(() => undefined);
  return {
    agent: asked.agent, backend, prestarted,
    [Symbol.asyncDispose]: async () => (await prestarted.catch(() => undefined))?.[Symbol.asyncDispose](),
  };
}

/** The agent and `--backend` of a start that asks nothing more. Pure. */
export function recognize([verb, agent, ...rest]: readonly string[]): { readonly agent: string; readonly backend?: string } | undefined {
  if (verb !== "start" || agent === undefined || agent.startsWith("-")) return undefined;
  const end = rest.indexOf("--");
  const words = end === -1 ? rest : rest.slice(0, end);
  const values = new Map<string, string>();
  let isAgreed = false;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    const value = words[index + 1] ?? "-";
    if (word === "--yes" || word === "-y") isAgreed = true;
    else if (withValue.includes(word) && !value.startsWith("-")) {
      values.set(word, value);
      index += 1;
    } else return undefined;
  }
  const backend = values.get("--backend");
  return isAgreed ? { agent, ...(backend !== undefined && { backend }) } : undefined;
}
