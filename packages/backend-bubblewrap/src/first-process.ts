import { BottleError, ending, kill, start } from "@bottle/backend-core";
import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { bubblewrapArguments, firstProcess, type Mount } from "./argv.ts";
import type { Architecture } from "./enter.ts";
import { childrenOf } from "./processes.ts";
import { sealDevices } from "./seal-devices.ts";

/** The bottle's first process, running behind finished mounts. */
export interface FirstProcess extends AsyncDisposable {
  /** Its pid on the host. */
  readonly pid: number;
  /** Settles when the bottle is gone. */
  readonly ended: Promise<number>;
}

// Descriptors of bubblewrap: arguments, filter, information.
const argumentsFd = 3;
const seccompFd = 4;
const infoFd = 5;

// How long an aborted launch lets bubblewrap finish its mounts; they take a twentieth of it.
const settleMs = 2000;

/**
 * Starts bubblewrap in the relay's namespaces and waits until the first process itself speaks: only then are the mounts
 * final, and entering earlier would show the host's files.
 * @throws BottleError `launch-failed` with bubblewrap's own words
 */
export async function startFirstProcess(options: {
  readonly relayPid: number;
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  readonly filter: Uint8Array;
  readonly arch: Architecture;
  /** A command that joins the limits and then runs what follows it; may be empty. */
  readonly prefix: readonly string[];
  readonly label: string;
  readonly signal: AbortSignal;
}): Promise<FirstProcess> {
  options.signal.throwIfAborted();
  const child = start([
    ...options.prefix,
    "nsenter", "--target", String(options.relayPid), "--user", "--net", "--preserve-credentials", "--",
    "bwrap", "--args", String(argumentsFd), "--", ...firstProcess(options.arch),
  ], { stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe"], label: options.label, detached: true });
  const ended = ending(child);
  feed(child, argumentsFd, bubblewrapArguments({ ...options, seccompFd, infoFd }).map((text) => `${text}\0`).join(""));
  feed(child, seccompFd, options.filter);
  const info = collect(channel(child, infoFd) as Readable);
  const complaint = collect(child.stderr);
  const ready = new Promise<"ready">((resolve) => child.stdout?.once("data", () => resolve("ready")));
  // An abort waits for it too: bubblewrap killed before its child has asked to die with it would leave that child behind.
  const outcome = await Promise.race([ready, ended, abortedFor(options.signal, settleMs)]);
  const pid = outcome === "ready" ? childPid(await info) : undefined;
  const isSealed = pid !== undefined && !options.signal.aborted && await sealDevices({ relay: options.relayPid, first: pid, label: options.label });
  if (isSealed) return { pid, ended, [Symbol.asyncDispose]: () => end(pid, ended) };
  if (pid !== undefined) kill(pid, "SIGKILL");
  for (const left of await childrenOf(child.pid ?? 0)) kill(left, "SIGKILL");
  child.kill("SIGKILL");
  await ended;
  options.signal.throwIfAborted();
  throw new BottleError("launch-failed", `bubblewrap could not make the bottle: ${(await complaint).trim() || `exit ${String(outcome)}`}`, {
    mend: "Run `bottle doctor`.",
  });
}

/** Settles when the signal has been aborted for so long. */
async function abortedFor(signal: AbortSignal, ms: number): Promise<"aborted"> {
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await delay(ms, undefined, { ref: false });
  return "aborted";
}

async function end(pid: number, ended: Promise<number>): Promise<void> {
  // Its end is the end of every process in its pid namespace (pid_namespaces(7)).
  kill(pid, "SIGKILL");
  await ended;
}

function feed(child: ChildProcess, fd: number, content: string | Uint8Array): void {
  const stream = channel(child, fd) as Writable;
  stream.on("error", () => undefined);
  stream.end(content);
}

// Node types only the first five; which way each one goes is in `stdio` above.
function channel(child: ChildProcess, fd: number): unknown {
  const channels: readonly unknown[] = child.stdio;
  return channels[fd];
}

async function collect(stream: Readable | null): Promise<string> {
  let text = "";
  if (stream) for await (const chunk of stream.setEncoding("utf8")) text += String(chunk);
  return text;
}

function childPid(info: string): number | undefined {
  const match = /"child-pid": ([0-9]+)/.exec(info);
  return match ? Number(match[1]) : undefined;
}
