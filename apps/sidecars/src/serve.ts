import { createInterface, type Interface } from "node:readline";
import type { LifecycleEvent } from "@bottle/manifest";
import { formatSealedLine, formatShowLine, parseRecordLine, parseSidecarsConfig } from "@bottle/manifest/state";
import { askOn } from "./tokens/ask.ts";
import { createHeadTeller } from "./audit/tell-heads.ts";
import { runSidecars, type RunOptions, type Sidecars } from "./run-sidecars.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * The process: one configuration line on stdin, one ready line on stdout; then what the agent may see is told on stdout (`{"show":…}`)
 * and checkpoints of the audit log (`{"sealed":…}`), and credentials are asked for again there and answered on stdin, where steps of the
 * bottle's life come too. stdin is the lifeline: its end, like SIGTERM and SIGINT, stops everything. Exit status 1 if it could not start.
 */
export async function serve(): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  const ended = Promise.withResolvers<LifecycleEvent>();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => ended.resolve({ type: "lifecycle", event: "stop", detail: signal }));
  const onGone = (): void => ended.resolve({ type: "lifecycle", event: "crash", detail: "The keeper of the bottle is gone." });
  // readline passes its input's errors on, and a keeper that was killed may leave one.
  lines.once("close", onGone).on("error", onGone);
  // A keeper that is gone reads nothing any more; how it ended is still to be recorded.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const first = await new Promise<string | undefined>((resolve) => {
    lines.once("line", resolve);
    void ended.promise.then(() => resolve(undefined));
  });
  if (first === undefined) return;
  // Whoever started them waits for the ready line first.
  let isReady = false;
  let shown: string | undefined;
  const show = (files: Readonly<Record<string, string>>): void => {
    shown = formatShowLine(files);
    if (isReady) say(shown);
  };
  const heads = createHeadTeller((head) => say(formatSealedLine(head)));
  const onStop = (): void => ended.resolve({ type: "lifecycle", event: "stop", detail: "ordered on the control socket" });
  const sidecars = await start(first, { onStop, show, onSealed: heads.take, ask: askOn({ lines, write: say }) });
  if (sidecars) {
    say(JSON.stringify({ ready: true, pid: process.pid, caCertificate: sidecars.caCertificate, head: sidecars.head }));
    isReady = true;
    if (shown !== undefined) say(shown);
    await untilEnded(sidecars, lines, ended.promise);
    await sidecars[Symbol.asyncDispose]();
    heads[Symbol.dispose]();
  }
  process.exit(sidecars ? 0 : 1);
}

/** Records what the keeper says of the bottle's life, and how it ended where the keeper did not say it. */
async function untilEnded({ record }: Sidecars, lines: Interface, ended: Promise<LifecycleEvent>): Promise<void> {
  let isSaid = false;
  lines.on("line", (line) => {
    const event = parseRecordLine(line);
    if (event === undefined) return;
    isSaid ||= event.event === "stop";
    record(event);
  });
  const end = await ended;
  if (!isSaid) record(end);
}

async function start(line: string, options: Pick<RunOptions, "onStop" | "show" | "onSealed" | "ask">): Promise<Sidecars | undefined> {
  try {
    return await runSidecars(parseSidecarsConfig(line), { ...options, log: (text) => void process.stderr.write(`${new Date().toISOString()} ${text}\n`) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && "code" in error ? String(error.code) : "start-failed";
    say(JSON.stringify({ ready: false, code, message }));
    return undefined;
  }
}
