import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { BottleError, ending, type RunningSidecars } from "@bottle/backend-core";
import type { SidecarsConfig } from "@bottle/manifest";
import { object, literal, safeParse, string, union } from "valibot";
import type { Docker } from "../engine/docker.ts";

const readyTimeoutMs = 30_000;
const stopSeconds = "3";

const answer = union([object({ ready: literal(true), caCertificate: string() }), object({ ready: literal(false), message: string() })]);

/**
 * Gives the sidecars' container its configuration, credentials included, on its standard input, and waits until its
 * listeners answer. Nothing of it is in an argument, a file, the container's settings or its log.
 * @throws BottleError `launch-failed` with what the sidecars said
 */
export async function attachSidecars(docker: Docker, container: string, config: SidecarsConfig, { signal }: { readonly signal?: AbortSignal }): Promise<RunningSidecars> {
  signal?.throwIfAborted();
  const client = docker.start(["attach", "--sig-proxy=false", container], { stdio: ["pipe", "pipe", "pipe"] });
  for (const stream of client.stdio) stream?.on("error", () => undefined);
  client.stderr?.resume();
  const left = ending(client);
  const stop = async (): Promise<void> => {
    await docker.run(["stop", "--time", stopSeconds, container]);
    client.kill("SIGKILL");
    await left;
  };
  try {
    client.stdin?.write(`${JSON.stringify(config)}\n`);
    const caCertificate = await ready(client, left, signal);
    return { caCertificate, ended: watch(docker, container), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Settles when the container has ended, however that is learnt. */
async function watch(docker: Docker, container: string): Promise<string> {
  const { exitCode, stdout } = await docker.run(["wait", container]);
  return exitCode === 0 ? `exit status ${Buffer.from(stdout).toString().trim()}` : "its container is gone";
}

async function ready(client: ChildProcess, left: Promise<number>, signal: AbortSignal | undefined): Promise<string> {
  const timeout = AbortSignal.timeout(readyTimeoutMs);
  const stopped = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const aborted = new Promise<never>((_, reject) => stopped.addEventListener("abort", () => reject(stopped.reason), { once: true }));
  const ended = left.then(() => `{"ready":false,"message":"The container ended early."}`);
  const line = await Promise.race([firstLine(client.stdout), ended, aborted]);
  const parsed = safeParse(answer, parseJson(line));
  if (parsed.success && parsed.output.ready) return parsed.output.caCertificate;
  const said = parsed.success && !parsed.output.ready ? parsed.output.message : `They said ${JSON.stringify(line.slice(0, 200))}.`;
  throw new BottleError("launch-failed", `The sidecars did not start. ${said}`, { mend: "Look at logs/sidecars-container.log in the bottle's state directory." });
}

function firstLine(stream: Readable | null): Promise<string> {
  return new Promise((resolve) => stream && createInterface({ input: stream }).once("line", resolve));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
