import { spawn, type ChildProcess } from "node:child_process";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { SidecarsConfig } from "@bottle/manifest";
import { SidecarsError } from "./errors.ts";

/** Sidecars in a process of their own. Disposing stops them and waits for their end. */
export interface LaunchedSidecars extends AsyncDisposable {
  readonly pid: number;
  /** PEM. */
  readonly caCertificate: string;
  /** Settles when the process is gone, with why; never rejects. */
  readonly ended: Promise<string>;
}

/** Options of `launchSidecars`. */
export interface LaunchSidecarsOptions {
  /** What they say goes here, appended. */
  readonly logFile: string;
  /** Value of BOTTLE_OWNED in their environment, by which a later run finds them. */
  readonly ownedBy: string;
  readonly signal?: AbortSignal;
}

const isSource = import.meta.url.endsWith(".ts");
const program = new URL(isSource ? "main.ts" : "main.js", import.meta.url).pathname;
const readyTimeoutMs = 30_000;
const stopTimeoutMs = 3000;
// Where the machine's own certificate authorities are told; nothing else of the operator's environment goes along.
const passedOn = ["PATH", "HOME", "TMPDIR", "NODE_COMPILE_CACHE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/**
 * Starts sidecars and resolves once their listeners answer. The configuration, credentials included, goes through their
 * standard input, which then stays open: when this process ends, however it ends, they end.
 * @throws SidecarsError `start-failed` with what they said
 */
export async function launchSidecars(config: SidecarsConfig, options: LaunchSidecarsOptions): Promise<LaunchedSidecars> {
  options.signal?.throwIfAborted();
  const child = await startProcess(options);
  const ended = ending(child);
  const stop = async (): Promise<void> => {
    child.stdin?.destroy();
    const hurry = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
    await ended;
    clearTimeout(hurry);
  };
  child.stdin?.on("error", () => undefined);
  child.stdin?.write(`${JSON.stringify(config)}\n`);
  try {
    const caCertificate = await ready(child, ended, options.signal);
    return { pid: child.pid ?? 0, caCertificate, ended, [Symbol.asyncDispose]: stop };
  } catch (error) {
    child.kill("SIGKILL");
    await stop();
    throw error;
  }
}

async function startProcess({ logFile, ownedBy }: LaunchSidecarsOptions): Promise<ChildProcess> {
  await using log = await open(logFile, "a", 0o600);
  const env = Object.fromEntries(passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  return spawn(process.execPath, [...(isSource ? ["--conditions=@bottle/source"] : []), program], {
    stdio: ["pipe", "pipe", log.fd], env: { ...env, BOTTLE_OWNED: ownedBy }, detached: true, cwd: "/",
  });
}

function ending(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ? `ended by ${signal}` : `exit status ${code ?? "unknown"}`));
  });
}

async function ready(child: ChildProcess, ended: Promise<string>, signal?: AbortSignal): Promise<string> {
  const timeout = AbortSignal.timeout(readyTimeoutMs);
  const stopped = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const aborted = new Promise<never>((_, reject) => stopped.addEventListener("abort", () => reject(stopped.reason), { once: true }));
  const line = new Promise<string>((resolve) => child.stdout && createInterface({ input: child.stdout }).once("line", resolve));
  const first = await Promise.race([line, aborted, ended.then((reason) => `{"ready":false,"message":${JSON.stringify(`The process ended early: ${reason}.`)}}`)]);
  const answer = JSON.parse(first) as { readonly ready: boolean; readonly caCertificate?: string; readonly message?: string };
  if (answer.ready && answer.caCertificate !== undefined) return answer.caCertificate;
  throw new SidecarsError("start-failed", `The sidecars did not start. ${answer.message ?? ""}`);
}
