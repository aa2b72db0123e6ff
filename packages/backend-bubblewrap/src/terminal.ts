import { ending, start } from "@bottle/backend-core";
import type { BottleHandle } from "./handle.ts";

/**
 * Runs an entry on a terminal of its own. util-linux's `script` makes the pseudo-terminal, relays bytes and window
 * sizes, notes the output and passes the exit code on; the operator's terminal is never open inside.
 */
export async function relayTerminal(options: {
  readonly handle: BottleHandle;
  readonly command: readonly string[];
  readonly payload: Uint8Array;
  readonly signal?: AbortSignal | undefined;
}): Promise<number> {
  const { signal } = options;
  signal?.throwIfAborted();
  const line = `exec ${options.command.map(quote).join(" ")}`;
  const child = start(["script", "--quiet", "--return", "--flush", "--append", "--command", line, options.handle.terminalLog], {
    stdio: ["inherit", "inherit", "inherit", "pipe"], label: options.handle.label, detached: false,
  });
  const ended = ending(child);
  const door = child.stdio[3];
  door?.on("error", () => undefined);
  if (door && "end" in door) door.end(options.payload);
  const onAbort = (): void => void child.kill("SIGTERM");
  signal?.addEventListener("abort", onAbort, { once: true });
  const exitCode = await ended;
  signal?.removeEventListener("abort", onAbort);
  signal?.throwIfAborted();
  return exitCode;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
