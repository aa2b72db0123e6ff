import { createInterface } from "node:readline";
import { parseSidecarsConfig } from "@bottle/manifest/state";
import { askOn } from "./tokens/ask.ts";
import { runSidecars, type RunOptions, type Sidecars } from "./run-sidecars.ts";

/**
 * The process: one configuration line on stdin, one ready line on stdout; then credentials are asked for again on stdout and
 * answered on stdin, which is the lifeline: its end, like SIGTERM and SIGINT, stops everything. Exit status 1 if it could not start.
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
  const sidecars = await start(first, { onStop: stopped.resolve, ask: askOn({ lines, write: (line) => void process.stdout.write(`${line}\n`) }) });
  if (sidecars) {
    process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid, caCertificate: sidecars.caCertificate })}\n`);
    await stopped.promise;
    await sidecars[Symbol.asyncDispose]();
  }
  process.exit(sidecars ? 0 : 1);
}

async function start(line: string, options: Pick<RunOptions, "onStop" | "ask">): Promise<Sidecars | undefined> {
  try {
    return await runSidecars(parseSidecarsConfig(line), { ...options, log: (text) => void process.stderr.write(`${new Date().toISOString()} ${text}\n`) });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && "code" in error ? String(error.code) : "start-failed";
    process.stdout.write(`${JSON.stringify({ ready: false, code, message })}\n`);
    return undefined;
  }
}
