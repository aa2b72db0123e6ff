import type { Readable, Writable } from "node:stream";

/** What a finished command of a bottle left. */
export interface ExecResult {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** 128 + signal number when a signal ended it. */
  readonly exitCode: number;
}

/** Options of `exec`. */
export interface ExecOptions {
  /** The account inside. Only `node` exists on backends without root. */
  readonly user?: "node" | "root";
  /** Absolute path inside; the workspace if absent. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Aborting ends the processes inside as well. */
  readonly signal?: AbortSignal;
}

/** Where an attached program reads and writes. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
  readonly error: Writable;
  /** Whether the three are this process's own terminal. */
  readonly isTerminal: boolean;
}

/** Options of `attach`. */
export interface AttachOptions {
  readonly terminal: Terminal;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** A running bottle. Disposing it ends every process, then unwinds what the launch made; files of the state stay. */
export interface Bottle extends AsyncDisposable {
  readonly identity: string;
  /** Where the workspace is inside; the home if there is none. */
  readonly workspacePath: string;
  /** Runs a POSIX shell script given on standard input; never in argv. */
  exec(script: string, options?: ExecOptions): Promise<ExecResult>;
  /**
   * Runs a program and resolves to its exit code. On a terminal the program gets a terminal of its own that is relayed,
   * never the operator's; otherwise its streams are copied through pipes.
   */
  attach(argv: readonly string[], options: AttachOptions): Promise<number>;
  /** Copies a host file or folder to an absolute path inside, owned by `node`. */
  copyIn(source: string, target: string): Promise<void>;
  /** Copies an absolute path inside to a host path that must not exist yet. */
  copyOut(source: string, target: string): Promise<void>;
}
