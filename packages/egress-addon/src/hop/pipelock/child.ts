import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { once } from "node:events";
import type { Readable } from "node:stream";

/** How a program ended; both absent if it could not be started. */
export interface ChildEnd {
  readonly code?: number;
  readonly signal?: string;
}

/** A program that runs. */
export interface Child {
  /** Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** The last lines that it wrote on standard error. */
  readonly lastWords: readonly string[];
  hangUp(): void;
  /** SIGTERM, and SIGKILL if that does not suffice. */
  stop(): Promise<void>;
}

/** Told of each line that a program writes. */
export type OnLine = (line: string, from: "stdout" | "stderr") => void;

const stopMs = 5_000;
const longestLine = 64 * 1024;
const keptWords = 5;

/** Starts a program with nothing of this process's environment. Every line it writes is handed over, and appended to a log file (0600) if one is named. */
export function startChild(options: {
  readonly command: readonly [string, ...string[]];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile?: string;
  readonly onLine: OnLine;
}): Child {
  const [file, ...args] = options.command;
  const child = spawn(file, args, { cwd: options.directory, env: { ...options.environment }, stdio: ["ignore", "pipe", "pipe"] });
  const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: "a", mode: 0o600 }).on("error", () => {});
  const lastWords: string[] = [];
  readLines(child.stdout, (line) => {
    log?.write(`${line}\n`);
    options.onLine(line, "stdout");
  });
  readLines(child.stderr, (line) => {
    log?.write(`${line}\n`);
    lastWords.push(line);
    if (lastWords.length > keptWords) lastWords.shift();
    options.onLine(line, "stderr");
  });
  const { promise: ended, resolve } = Promise.withResolvers<ChildEnd>();
  child.once("error", () => resolve({}));
  child.once("close", (code, signal) => resolve({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) }));
  void ended.then(() => log?.end());
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  return {
    ended, lastWords,
    hangUp: () => void (isRunning() && child.kill("SIGHUP")),
    async stop() {
      if (isRunning()) child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), stopMs);
      await ended;
      clearTimeout(late);
      if (log && !log.closed) await once(log, "close");
    },
  };
}

// A line without end is cut: only its beginning could be of interest.
function readLines(stream: Readable, onLine: (line: string) => void): void {
  let pending = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (pending + chunk).split("\n");
    pending = (lines.pop() ?? "").slice(0, longestLine);
    for (const line of lines) onLine(line.slice(0, longestLine));
  });
  stream.on("end", () => {
    if (pending !== "") onLine(pending);
  });
}
