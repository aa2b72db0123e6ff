import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { AuditHead, LifecycleEvent, RenewableTokens, SidecarsConfig } from "@bottle/manifest";
import { SidecarsError } from "./errors.ts";

/** Sidecars in a process of their own. Disposing stops them and waits for their end. */
export interface LaunchedSidecars extends AsyncDisposable {
  readonly pid: number;
  /** PEM. */
  readonly caCertificate: string;
  /** The checkpoint the audit log begins this launch with, once there is something to record. */
  readonly head: AuditHead;
  /** Puts a step of the bottle's life on record; that they are stopped is recorded by itself. */
  record(event: LifecycleEvent): void;
  /** Settles when the process is gone, with why; never rejects. */
  readonly ended: Promise<string>;
}

/** Options of `prestartSidecars`. */
export interface PrestartOptions {
  /** Value of BOTTLE_OWNED in their environment, by which a later run finds them. */
  readonly ownedBy: string;
  /** Folder where Node keeps the compiled form of the program; it is code, so nobody else may write there. Default: none. */
  readonly compileCache?: string | undefined;
}

/** Options of `configure` and `launchSidecars`. */
export interface ConfigureOptions {
  /** What they say goes here, appended. */
  readonly logFile: string;
  /** What they may ask for again, of those that the configuration calls renewable. */
  readonly tokens?: RenewableTokens;
  /** Told of checkpoints of the audit log: now and then, and of the last one. */
  readonly onSealed?: (head: AuditHead) => void;
  /** Told of the files that they want the agent to see; of a bottle whose agent may ask. */
  readonly onShow?: (files: Readonly<Record<string, string>>) => void;
  readonly signal?: AbortSignal;
}

/** A process that has loaded what it needs and waits for its configuration. Disposing ends it unless it was configured. */
export interface PrestartedSidecars extends AsyncDisposable {
  /**
   * Gives it the configuration, credentials included, on its standard input, which then stays open: when this process
   * ends, however it ends, they end. Resolves once the listeners answer.
   * @throws SidecarsError `start-failed` with what they said
   */
  configure(config: SidecarsConfig, options: ConfigureOptions): Promise<LaunchedSidecars>;
}

const isSource = import.meta.url.endsWith(".ts");
// By its exported name: another program may have bundled this file, and then stands elsewhere.
const program = fileURLToPath(isSource ? new URL("main.ts", import.meta.url) : import.meta.resolve("@bottle/sidecars/program"));
const readyTimeoutMs = 30_000;
const stopTimeoutMs = 3000;
const lastWordsMs = 500;
// Where the machine's own certificate authorities are told; nothing else of the operator's environment goes along.
const passedOn = ["PATH", "HOME", "TMPDIR", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];

// A dump of their memory would hold the credentials. The shell becomes the program, so the pid is theirs.
const withoutCoreDump = 'ulimit -c 0 && exec "$@"';

/** Starts the process ahead of its configuration, so that it loads while the caller still reads manifests. */
export function prestartSidecars({ ownedBy, compileCache }: PrestartOptions): PrestartedSidecars {
  const env = Object.fromEntries(passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  const argv = [process.execPath, ...(isSource ? ["--conditions=@bottle/source"] : []), program];
  const child = spawn("/bin/sh", ["-c", withoutCoreDump, "sh", ...argv], {
    stdio: ["pipe", "pipe", "pipe"], env: { ...env, BOTTLE_OWNED: ownedBy, ...(compileCache !== undefined && { NODE_COMPILE_CACHE: compileCache }) }, detached: true, cwd: "/",
  });
  const ended = ending(child);
  let isConfigured = false;
  child.stdin.on("error", () => undefined);
  return {
    configure: (config, options) => {
      isConfigured = true;
      return configure(child, ended, { config, ...options });
    },
    [Symbol.asyncDispose]: async () => {
      if (!isConfigured) await stop(child, ended);
    },
  };
}

/** Starts sidecars with their configuration at once. @throws SidecarsError `start-failed` */
export function launchSidecars(config: SidecarsConfig, options: PrestartOptions & ConfigureOptions): Promise<LaunchedSidecars> {
  return prestartSidecars(options).configure(config, options);
}

async function configure(child: ChildProcessWithoutNullStreams, ended: Promise<string>, options: ConfigureOptions & { readonly config: SidecarsConfig }): Promise<LaunchedSidecars> {
  const { config, logFile, tokens, signal } = options;
  try {
    signal?.throwIfAborted();
    child.stderr.pipe(createWriteStream(logFile, { flags: "a", mode: 0o600 }).on("error", () => child.stderr.resume()));
    child.stdin.write(`${JSON.stringify(config)}\n`);
    // Not before it is needed: this file is on the way of every start.
    const { formatRecordLine, parseSealedLine, parseShowLine } = await import("@bottle/manifest/state");
    const lines = createInterface({ input: child.stdout });
    const silent = new Promise((resolve) => lines.once("close", resolve));
    // Their next line may come with the first.
    if (options.onShow) heed(lines, parseShowLine, options.onShow);
    if (options.onSealed) heed(lines, parseSealedLine, options.onSealed);
    const { caCertificate, head } = await ready(lines, ended, signal);
    if (tokens) lines.on("line", (line) => void answer(child, line, tokens));
    return {
      pid: child.pid ?? 0, caCertificate, head, ended,
      record: (event) => void (child.stdin.writable && child.stdin.write(`${formatRecordLine(event)}\n`)),
      [Symbol.asyncDispose]: async () => {
        await stop(child, ended, `${formatRecordLine({ type: "lifecycle", event: "stop" })}\n`);
        // What they said last; a program of theirs that lives on may hold their standard output open.
        const abort = new AbortController();
        await Promise.race([silent, delay(lastWordsMs, undefined, { signal: abort.signal })]);
        abort.abort();
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    await stop(child, ended);
    throw error;
  }
}

async function answer({ stdin }: ChildProcessWithoutNullStreams, line: string, tokens: RenewableTokens): Promise<void> {
  // Few bottles have such tokens, and this file is on the way of every start.
  const { answerTokenRequest } = await import("@bottle/manifest/state");
  const reply = await answerTokenRequest(line, tokens);
  if (reply !== undefined && stdin.writable) stdin.write(`${reply}\n`);
}

function heed<T>(lines: Interface, parse: (line: string) => T | undefined, tell: (said: T) => void): void {
  lines.on("line", (line) => {
    const said = parse(line);
    if (said !== undefined) tell(said);
  });
}

/** @param lastWord written before their input ends */
async function stop(child: ChildProcessWithoutNullStreams, ended: Promise<string>, lastWord = ""): Promise<void> {
  child.stdin.end(lastWord);
  const hurry = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  await ended;
  clearTimeout(hurry);
}

function ending(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ? `ended by ${signal}` : `exit status ${code ?? "unknown"}`));
  });
}

async function ready(lines: Interface, ended: Promise<string>, signal?: AbortSignal): Promise<Pick<LaunchedSidecars, "caCertificate" | "head">> {
  const timeout = AbortSignal.timeout(readyTimeoutMs);
  const stopped = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const aborted = new Promise<never>((_, reject) => stopped.addEventListener("abort", () => reject(stopped.reason), { once: true }));
  const line = new Promise<string>((resolve) => lines.once("line", resolve));
  const first = await Promise.race([line, aborted, ended.then((reason) => `{"ready":false,"message":${JSON.stringify(`The process ended early: ${reason}.`)}}`)]);
  const answer = JSON.parse(first) as { readonly ready: boolean; readonly caCertificate?: string; readonly head?: AuditHead; readonly message?: string };
  const { caCertificate, head } = answer;
  if (answer.ready && caCertificate !== undefined && head !== undefined) return { caCertificate, head };
  throw new SidecarsError("start-failed", `The sidecars did not start. ${answer.message ?? ""}`);
}
