import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { readFile } from "node:fs/promises";

/**
 * The one door to processes that stay: node:child_process itself, because `bottle exec` is on a person's hot path and
 * needs extra descriptors; the wrapper libraries take longer to load than the whole entry into a bottle.
 */
export function start(command: readonly string[], options: {
  readonly stdio: StdioOptions;
  readonly label: string;
  /** Shields the process from a Ctrl-C on the operator's terminal: the keeper unwinds in order instead. */
  readonly detached: boolean;
}): ChildProcess {
  const [file = "", ...args] = command;
  return spawn(file, args, {
    stdio: options.stdio,
    detached: options.detached,
    cwd: "/",
    // Nothing of the operator's environment goes along: what the agent gets is named by its manifest.
    env: { PATH: hostPath, BOTTLE_OWNED: options.label, SHELL: "/bin/sh", TERM: "xterm-256color" },
  });
}

/** Where the host's own tools are looked for; the operator's PATH may lead into a project. */
export const hostPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Settles when the process has ended: its code, 128 + number for a signal, 127 if it could not be started. */
export function ending(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(127));
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : signalNumber(signal))));
  });
}

const numbers: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

function signalNumber(signal: NodeJS.Signals): number {
  return numbers[signal] ?? 1;
}

/** The direct children of a process, by Linux's /proc; none if it is gone. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "latin1").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}

/** Sends a signal; a process that is already gone is no error. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
