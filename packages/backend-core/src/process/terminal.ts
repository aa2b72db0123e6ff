import { ending, start } from "./start.ts";

/**
 * Runs a command on a terminal of its own. util-linux's `script` makes the pseudo-terminal, relays bytes and window
 * sizes, notes the output and passes the exit code on; the operator's terminal is never open inside.
 */
export async function relayTerminal(options: {
  readonly command: readonly string[];
  readonly label: string;
  /** Where the output is noted. */
  readonly log: string;
  /** Given to the command on descriptor 3. */
  readonly payload?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}): Promise<number> {
  const { signal } = options;
  signal?.throwIfAborted();
  const line = `exec ${options.command.map(quote).join(" ")}`;
  const child = start(["script", "--quiet", "--return", "--flush", "--append", "--command", line, options.log], {
    stdio: ["inherit", "inherit", "inherit", "pipe"], label: options.label, detached: false, ...(options.env && { env: options.env }),
  });
  const ended = ending(child);
  const door = child.stdio[3];
  door?.on("error", () => undefined);
  if (door && "end" in door) door.end(options.payload ?? "");
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
