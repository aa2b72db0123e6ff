import type { ChildProcess } from "node:child_process";
import { kill } from "@bottle/backend-core";
import { childrenOf } from "./processes.ts";

const graceMs = 2000;

/**
 * Ends what was entered when the signal aborts: its whole session inside, politely first. nsenter's child leads that
 * session; killing nsenter alone would only reach the leader.
 */
export function endInside(options: {
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  readonly signal: AbortSignal;
}): void {
  const { child, ended, signal } = options;
  const end = async (): Promise<void> => {
    const leaders = child.pid === undefined ? [] : await childrenOf(child.pid);
    for (const leader of leaders) kill(-leader, "SIGTERM");
    if (leaders.length === 0) child.kill("SIGKILL");
    const hurry = setTimeout(() => {
      for (const leader of leaders) kill(-leader, "SIGKILL");
      child.kill("SIGKILL");
    }, graceMs);
    await ended;
    clearTimeout(hurry);
    for (const leader of leaders) kill(-leader, "SIGKILL");
    // A child that left the session may still hold the pipes; nobody reads them any more.
    for (const stream of child.stdio) stream?.destroy();
  };
  const onAbort = (): void => void end();
  signal.addEventListener("abort", onAbort, { once: true });
  void ended.then(() => signal.removeEventListener("abort", onAbort));
}
