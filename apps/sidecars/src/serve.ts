import { createInterface } from "node:readline";
import { formatShowLine, parseSidecarsConfig } from "@bottle/manifest/state";
import { askOn } from "./tokens/ask.ts";
import { runSidecars, type RunOptions, type Sidecars } from "./run-sidecars.ts";

/**
 * The process: one configuration line on stdin, one ready line on stdout; then what the agent may see is told on stdout
 * (`{"show":…}`), and credentials are asked for again there and answered on stdin, which is the lifeline: its end, like SIGTERM and SIGINT, stops everything. Exit status 1 if it could not start.
 */
export async function serve(): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  const stopped = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => stopped.resolve());
  lines.once("close", () => stopped.resolve());
  process.stdout.on("error", () => undefined);
  const first = await new Promise<string | undefined>((resolve) => {
    lines.once("line", resolve);
    void stopped.promise.then(() => resolve(undefined));
  });
  if (first === undefined) return;
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  // Whoever started them waits for the ready line first.
  let isReady = false;
  let shown: string | undefined;
  const show = (files: Readonly<Record<string, string>>): void => {
    shown = formatShowLine(files);
    if (isReady) write(shown);
  };
  const sidecars = await start(first, { onStop: stopped.resolve, show, ask: askOn({ lines, write }) });
  if (sidecars) {
    write(JSON.stringify({ ready: true, pid: process.pid, caCertificate: sidecars.caCertificate }));
    isReady = true;
    if (shown !== undefined) write(shown);
    await stopped.promise;
    await sidecars[Symbol.asyncDispose]();
  }
  process.exit(sidecars ? 0 : 1);
}

async function start(line: string, options: Pick<RunOptions, "onStop" | "show" | "ask">): Promise<Sidecars | undefined> {
  try {
    return await runSidecars(parseSidecarsConfig(line), { ...options, log: (text) => void process.stderr.write(`${new Date().toISOString()} ${text}\n`) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && "code" in error ? String(error.code) : "start-failed";
    process.stdout.write(`${JSON.stringify({ ready: false, code, message })}\n`);
    return undefined;
  }
}
