import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { ownerVariable } from "../label.ts";

/** Where the host's own tools are looked for; the operator's PATH may lead into a project. */
export const hostPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Starts a program of the host: node:child_process itself, because `bottle exec` is on a person's hot path and needs extra
 * descriptors; the wrapper libraries take longer to load than the whole entry into a bottle.
 */
export function start(command: readonly string[], options: {
  readonly stdio: StdioOptions;
  readonly label: string;
  /** Shields the process from a Ctrl-C on the operator's terminal: the keeper unwinds in order instead. */
  readonly detached: boolean;
  /** Nothing of the operator's environment goes along but this. */
  readonly env?: Readonly<Record<string, string>>;
}): ChildProcess {
  const [file = "", ...args] = command;
  return spawn(file, args, {
    stdio: options.stdio,
    detached: options.detached,
    cwd: "/",
    env: { PATH: hostPath, SHELL: "/bin/sh", TERM: "xterm-256color", ...options.env, [ownerVariable]: options.label },
  });
}

const startFailed = 127;

/** Settles when the process has ended, also if that is past: its code, 128 + number for a signal, 127 if it could not be started. */
export function ending(child: ChildProcess): Promise<number> {
  const codeOf = (code: number | null, signal: NodeJS.Signals | null): number => code === null ? 128 + (signal === null ? 0 : signalNumber(signal)) : code < 0 ? startFailed : code;
  // On a machine that stands still for a moment, a short program's end comes in the same turn as what was awaited after its start.
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(codeOf(child.exitCode, child.signalCode));
  return new Promise((resolve) => {
    child.once("error", () => resolve(startFailed));
    child.once("exit", (code, signal) => resolve(codeOf(code, signal)));
  });
}

const numbers: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

function signalNumber(signal: NodeJS.Signals): number {
  return numbers[signal] ?? 1;
}
