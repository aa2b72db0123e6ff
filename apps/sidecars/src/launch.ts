import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createWriteStream } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { RenewableTokens, SidecarsConfig } from "@bottle/manifest";
import { SidecarsError } from "./errors.ts";

/** Sidecars in a process of their own. Disposing stops them and waits for their end. */
export interface LaunchedSidecars extends AsyncDisposable {
  readonly pid: number;
  /** PEM. */
  readonly caCertificate: string;
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

async function configure(child: ChildProcessWithoutNullStreams, ended: Promise<string>, { config, logFile, tokens, onShow, signal }: ConfigureOptions & { readonly config: SidecarsConfig }): Promise<LaunchedSidecars> {
  try {
    signal?.throwIfAborted();
    child.stderr.pipe(createWriteStream(logFile, { flags: "a", mode: 0o600 }).on("error", () => child.stderr.resume()));
    const lines = createInterface({ input: child.stdout });
    child.stdin.write(`${JSON.stringify(config)}\n`);
    // Their next line may come with the first.
    if (onShow) heed(lines, onShow);
    const caCertificate = await ready(lines, ended, signal);
    if (tokens) lines.on("line", (line) => void answer(child, line, tokens));
    return { pid: child.pid ?? 0, caCertificate, ended, [Symbol.asyncDispose]: () => stop(child, ended) };
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

function heed(lines: Interface, onShow: NonNullable<ConfigureOptions["onShow"]>): void {
  const parsing = import("@bottle/manifest/state");
  lines.on("line", (line) => void parsing.then(({ parseShowLine }) => {
    const files = parseShowLine(line);
    if (files) onShow(files);
  }));
}

async function stop(child: ChildProcessWithoutNullStreams, ended: Promise<string>): Promise<void> {
  child.stdin.destroy();
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

async function ready(lines: Interface, ended: Promise<string>, signal?: AbortSignal): Promise<string> {
  const timeout = AbortSignal.timeout(readyTimeoutMs);
  const stopped = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const aborted = new Promise<never>((_, reject) => stopped.addEventListener("abort", () => reject(stopped.reason), { once: true }));
  const line = new Promise<string>((resolve) => lines.once("line", resolve));
  const first = await Promise.race([line, aborted, ended.then((reason) => `{"ready":false,"message":${JSON.stringify(`The process ended early: ${reason}.`)}}`)]);
  const answer = JSON.parse(first) as { readonly ready: boolean; readonly caCertificate?: string; readonly message?: string };
  if (answer.ready && answer.caCertificate !== undefined) return answer.caCertificate;
  throw new SidecarsError("start-failed", `The sidecars did not start. ${answer.message ?? ""}`);
}
