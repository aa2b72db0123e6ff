import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { EgressError } from "../../errors.ts";
import type { PrivateAllowance } from "../../guard/destination.ts";
import type { UpstreamProxy } from "../model.ts";
import { createRulesWatch, type RulesOutcome } from "./await-rules.ts";
import { type Child, type ChildEnd, startChild } from "./child.ts";
import { type PipelockRules, preparePipelockDirectory, type RenderedRules, renderRules, writeRules } from "./files.ts";
import { isHealthy } from "./health.ts";
import { describeUnscanned } from "./hosts.ts";
import { readLogLine } from "./log.ts";

/** How a pipelock is started. */
export interface PipelockOptions extends PipelockRules {
  /** Absolute path of the program, v2.3. */
  readonly binary: string;
  /** Directory (0700) of its CA, config, known secrets and log; made if it is not there. */
  readonly directory: string;
  /** The proxy's own allowances, whose hosts do not go through pipelock; here they are only told. */
  readonly allowPrivate?: readonly PrivateAllowance[];
  /** Its environment besides HOME, which is the directory. */
  readonly environment?: Readonly<Record<string, string>>;
  /** From the start to the first confirmed config. Default 20 000. */
  readonly startMs?: number;
  /** From a new config to pipelock's word about it. Default 10 000. */
  readonly reloadMs?: number;
  readonly signal?: AbortSignal;
}

/** A running pipelock. Disposing stops it. */
export interface Pipelock extends AsyncDisposable {
  /** For the `via` of a proxy. */
  readonly via: UpstreamProxy;
  /** What it does not see, as sentences for the operator. */
  readonly unscanned: readonly string[];
  /** Settles when it ends, for whatever reason; then nothing gets through any more. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /**
   * Gives it new rules, and answers once it says that it follows exactly those.
   * @throws EgressError `pipelock-reload-refused` if it does not; then it goes on with the old ones. In strict mode it takes no rules by which it
   * would see less, a new credentialed host among them: start another one for those.
   */
  reload(rules: PipelockRules): Promise<void>;
}

// A watch on its directory tells pipelock of a new config; where that watch failed, this does.
const hangUpAfterMs = 1_000;

/**
 * Starts a pipelock on loopback and waits until it answers in strict mode and says that it follows our config.
 * @throws EgressError `pipelock-failed` with its last words, `authority-unsafe`, `stopped`
 */
export async function startPipelock(options: PipelockOptions): Promise<Pipelock> {
  const { directory, signal } = options;
  const certificate = await preparePipelockDirectory(directory);
  const [port, metrics, api] = await freePorts();
  const listeners = { listen: `127.0.0.1:${port}`, metricsListen: `127.0.0.1:${metrics}`, apiListen: `127.0.0.1:${api}` };
  let inForce = renderRules(options, listeners);
  await writeRules(directory, inForce);
  const watch = createRulesWatch();
  const child = startChild({
    command: [options.binary, "run", "--config", join(directory, "pipelock.yaml")], directory, environment: { HOME: directory, ...options.environment },
    logFile: join(directory, "pipelock.log"),
    onLine: (line, from) => {
      const entry = readLogLine(line, from);
      if (entry !== undefined) watch.notice(entry);
    },
  });
  await orFail({ child, port, options, outcome: watch.outcome({ hash: inForce.hash, timeoutMs: options.startMs ?? 20_000, ended: child.ended, signal }) });
  let turn: Promise<void> = Promise.resolve();
  const follow = async (rules: RenderedRules): Promise<void> => {
    if (rules.hash === inForce.hash) return;
    const outcome = watch.outcome({ hash: rules.hash, timeoutMs: options.reloadMs ?? 10_000, ended: child.ended });
    await writeRules(directory, rules);
    const nudge = setTimeout(() => child.hangUp(), hangUpAfterMs);
    const said = await outcome.finally(() => clearTimeout(nudge));
    if (said === "taken") inForce = rules;
    else await refuse(said);
  };
  const refuse = async (said: RulesOutcome): Promise<never> => {
    await writeRules(directory, inForce);
    throw new EgressError("pipelock-reload-refused", `pipelock did not take the new rules (${said}); the old ones stay in force. Start it anew. Its log: ${join(directory, "pipelock.log")}`);
  };
  return {
    via: { proxy: `http://127.0.0.1:${port}`, kind: "pipelock", caCertificates: [certificate] },
    get unscanned() {
      return [...describeUnscanned(inForce.hosts, options.allowPrivate), ...leftOut(inForce.leftOut)];
    },
    ended: child.ended,
    reload(rules) {
      const done = turn.then(() => follow(renderRules(rules, listeners)));
      turn = done.catch(() => {});
      return done;
    },
    [Symbol.asyncDispose]: () => child.stop(),
  };
}

async function orFail({ child, port, options, outcome }: {
  readonly child: Child;
  readonly port: number;
  readonly options: PipelockOptions;
  readonly outcome: Promise<RulesOutcome>;
}): Promise<void> {
  const done = new AbortController();
  void child.ended.then(() => done.abort());
  const late = setTimeout(() => done.abort(), options.startMs ?? 20_000);
  const said = await outcome;
  const isFine = said === "taken" && await isHealthy(port, done.signal);
  clearTimeout(late);
  if (isFine) return;
  await child.stop();
  if (options.signal?.aborted) throw new EgressError("stopped", "pipelock was stopped before it was ready.", { cause: options.signal.reason });
  const words = child.lastWords.join(" ").replace(/[^\x20-\x7e]/g, "?").slice(-500);
  throw new EgressError("pipelock-failed", `pipelock (${options.binary}) did not start: ${words === "" ? said : words}`);
}

function leftOut(count: number): readonly string[] {
  return count === 0 ? [] : [`pipelock does not know ${count} of the secrets: its file takes single lines of 16 characters or more, 4096 bytes in all.`];
}

// Held together until all are known, so that they differ. pipelock does not tell which port it chose, so it cannot be left to it.
async function freePorts(): Promise<readonly [number, number, number]> {
  const take = async (): Promise<{ readonly port: number; readonly free: () => Promise<unknown> }> => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return { port: (server.address() as AddressInfo).port, free: () => new Promise((resolve) => server.close(resolve)) };
  };
  const [first, second, third] = await Promise.all([take(), take(), take()]);
  await Promise.all([first, second, third].map(({ free }) => free()));
  return [first.port, second.port, third.port];
}
