/** What the program needs of the process it is. Only `main.ts` reads the real one. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly now: () => Date;
  /** A line on standard output. */
  out(text: string): void;
  /** A line on standard error. */
  err(text: string): void;
  /** Calls a function on each of these signals, until disposed. */
  onSignal(signal: "SIGHUP" | "SIGINT" | "SIGTERM" | "SIGUSR1", run: () => void): Disposable;
}
