import { join } from "node:path";
import type { PrivateAllowance, UpstreamProxy } from "@bottle/way-out";
import { EgressError } from "../../errors.ts";
import type { ChildEnd } from "./child.ts";
import { type PipelockRules, preparePipelockDirectory, type RenderedRules, renderRules, writeRules } from "./files.ts";
import { describeUnscanned } from "./hosts.ts";
import { launch, type Launched } from "./launch.ts";
import { placeBeside, placeHere } from "./place.ts";

/** How a pipelock is started. */
export type PipelockOptions = CommonOptions & (
  /** Absolute path of the program, v2.3: it becomes a child of this process, with `environment` besides HOME, which is the directory. */
  | { readonly binary: string; readonly environment?: Readonly<Record<string, string>> }
  /** The name of a container that shares the directory and runs `servePipelock`. */
  | { readonly beside: string }
);

/** Options wherever it runs. */
export interface CommonOptions extends PipelockRules {
  /** Directory (0700) of its CA, config, known secrets and log; made if it is not there. */
  readonly directory: string;
  /** The proxy's own allowances, whose hosts do not go through pipelock; here they are only told. */
  readonly allowPrivate?: readonly PrivateAllowance[];
  /** From a start to the confirmed config. Default 20 000. */
  readonly startMs?: number;
  /** From a new config to pipelock's word about it. Default 10 000. */
  readonly reloadMs?: number;
  /** Stops the start. */
  readonly signal?: AbortSignal;
}

/** A running pipelock. Disposing stops it. */
export interface Pipelock extends AsyncDisposable {
  /** For the `via` of a proxy; the same for as long as this object lives. */
  readonly via: UpstreamProxy;
  /** What it does not see, as sentences for the operator. */
  readonly unscanned: readonly string[];
  /** Settles when it ends, but not for a restart; from then on nothing gets through. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /**
   * Gives it new rules, and answers once it says that it follows exactly those.
   * @throws EgressError `pipelock-reload-refused` if it does not; then it goes on with the old ones. In strict mode it takes no rules by which it
   * would see less, a new credentialed host among them: restart it for those.
   */
  reload(rules: PipelockRules): Promise<void>;
  /**
   * Ends it and starts it with new rules, on the same address and CA. What is under way is cut, and until the answer nothing gets through.
   * @throws EgressError `pipelock-failed`; then it has ended
   */
  restart(rules: PipelockRules): Promise<void>;
}

// A watch on its directory tells pipelock of a new config; where that watch failed, this does.
const hangUpAfterMs = 1_000;

/**
 * Starts a pipelock, here on loopback or beside, and waits until it answers in strict mode and says that it follows our config.
 * @throws EgressError `pipelock-failed` with its last words, `authority-unsafe`, `stopped`
 */
export async function startPipelock(options: PipelockOptions): Promise<Pipelock> {
  const { directory, signal, startMs = 20_000 } = options;
  const certificate = await preparePipelockDirectory(directory);
  await using stack = new AsyncDisposableStack();
  const place = stack.use("beside" in options ? await placeBeside({ host: options.beside, directory, timeoutMs: startMs, signal }) : await placeHere(options));
  const { listeners } = place;
  const { promise: ended, resolve: end } = Promise.withResolvers<ChildEnd>();
  const run = async (rules: RenderedRules, stopping?: AbortSignal): Promise<Launched> => {
    await writeRules(directory, rules);
    return launch({ start: place.start, name: place.name, at: place.at, hash: rules.hash, timeoutMs: startMs, signal: stopping });
  };
  let inForce = renderRules(options, listeners);
  let running = await run(inForce, signal);
  const follow = (launched: Launched): void => {
    running = launched;
    void launched.child.ended.then((how) => running === launched && end(how));
  };
  follow(running);
  const inTurn = createTurns();
  const resources = stack.move();
  return {
    via: { proxy: `http://${listeners.listen}`, kind: "pipelock", caCertificates: [certificate] },
    get unscanned() {
      return [...describeUnscanned(inForce.hosts, options.allowPrivate), ...leftOut(inForce.leftOut)];
    },
    ended,
    reload: (rules) => inTurn(async () => {
      const rendered = renderRules(rules, listeners);
      if (rendered.hash === inForce.hash) return;
      await offer({ launched: running, rendered, inForce, directory, timeoutMs: options.reloadMs ?? 10_000 });
      inForce = rendered;
    }),
    restart: (rules) => inTurn(async () => {
      const { child } = running;
      const rendered = renderRules(rules, listeners);
      try {
        // From here on its end is asked for, and no news.
        running = { ...running };
        await child.stop();
        follow(await run(rendered));
        inForce = rendered;
      } catch (error) {
        end(await child.ended);
        throw error;
      }
    }),
    [Symbol.asyncDispose]: () => inTurn(async () => {
      await running.child.stop();
      await resources.disposeAsync();
    }),
  };
}

async function offer({ launched, rendered, inForce, directory, timeoutMs }: {
  readonly launched: Launched;
  readonly rendered: RenderedRules;
  readonly inForce: RenderedRules;
  readonly directory: string;
  readonly timeoutMs: number;
}): Promise<void> {
  const { child, watch } = launched;
  const outcome = watch.outcome({ hash: rendered.hash, timeoutMs, ended: child.ended });
  await writeRules(directory, rendered);
  const nudge = setTimeout(() => child.hangUp(), hangUpAfterMs);
  const said = await outcome.finally(() => clearTimeout(nudge));
  if (said === "taken") return;
  await writeRules(directory, inForce);
  throw new EgressError("pipelock-reload-refused", `pipelock did not take the new rules (${said}); the old ones stay in force. Restart it with the new ones. Its log: ${join(directory, "pipelock.log")}`);
}

function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

function leftOut(count: number): readonly string[] {
  return count === 0 ? [] : [`pipelock does not know ${count} of the secrets: its file takes single lines of 16 characters or more, 4096 bytes in all.`];
}
