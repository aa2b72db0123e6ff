import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { BottleError, ending, type RunningSidecars } from "@bottle/backend-core";
import type { SidecarsConfig } from "@bottle/manifest";
import * as v from "valibot";
import { lastLine, type Docker } from "../engine/docker.ts";

const readyTimeoutMs = 30_000;
const stopSeconds = 3;
const keptErrorBytes = 4096;

const readySchema = v.union([
  v.object({ ready: v.literal(true), caCertificate: v.string() }),
  v.object({ ready: v.literal(false), message: v.optional(v.string(), "") }),
]);

/**
 * Gives sidecars that wait in a running container their configuration, credentials included, on their standard input: that
 * way it is in no environment, argument, file or log of the engine's. Resolves once they answer that every listener is up.
 * The stream stays open; when it ends, with this process or by disposing, they end.
 * @param container its name; made with `stdin_open` and without a terminal
 * @throws BottleError `launch-failed` with what they said
 */
export async function attachSidecars(docker: Docker, container: string, config: SidecarsConfig, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<RunningSidecars> {
  signal?.throwIfAborted();
  const child = docker.start(["attach", "--sig-proxy=false", container], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = ending(child);
  child.stdin?.on("error", () => undefined);
  const said = keepLast(child);
  const close = async (): Promise<void> => {
    await docker.run(["stop", "--time", String(stopSeconds), container]);
    child.kill("SIGKILL");
    await ended;
  };
  try {
    child.stdin?.write(`${JSON.stringify(config)}\n`);
    const caCertificate = await ready(child, { ended, said, signal });
    return { caCertificate, ended: reasonOf(docker, container, ended), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Attaching ends with the container, and also when the engine or the way to it goes. */
async function reasonOf(docker: Docker, container: string, ended: Promise<number>): Promise<string> {
  await ended;
  const format = "{{.State.Running}} {{.State.ExitCode}} {{.State.OOMKilled}}";
  const { exitCode, stdout, stderr } = await docker.run(["container", "inspect", "--format", format, container]);
  if (exitCode !== 0) return /no such/i.test(stderr) ? "their container is gone" : "the engine does not answer";
  const [isRunning, status = "unknown", isOutOfMemory] = Buffer.from(stdout).toString().trim().split(" ");
  if (isRunning === "true") return "the connection to their container broke";
  return isOutOfMemory === "true" ? "their container was out of memory" : `exit status ${status} of their container`;
}

async function ready(child: ChildProcess, { ended, said, signal }: { readonly ended: Promise<number>; readonly said: () => string; readonly signal: AbortSignal | undefined }): Promise<string> {
  const timeout = AbortSignal.timeout(readyTimeoutMs);
  const stopped = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(stopped.reason);
  stopped.addEventListener("abort", onAbort, { once: true });
  try {
    const line = new Promise<string>((resolve) => child.stdout && createInterface({ input: child.stdout }).once("line", resolve));
    const first = await Promise.race([line, aborted, ended.then(() => undefined)]);
    return certificateIn(first, said());
  } finally {
    stopped.removeEventListener("abort", onAbort);
  }
}

function certificateIn(line: string | undefined, said: string): string {
  const answer = v.safeParse(readySchema, parseJson(line));
  if (answer.success && answer.output.ready) return answer.output.caCertificate;
  const reason = answer.success && !answer.output.ready && answer.output.message || lastLine(said) || "They ended without a word.";
  throw new BottleError("launch-failed", `The sidecars did not start. ${reason}`, { mend: "See the sidecars' log in the bottle's state directory; `bottle doctor --backend docker` looks at the engine." });
}

function parseJson(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? "");
  } catch {
    return undefined;
  }
}

/** Reads on, so that a full pipe never stops them; the engine keeps the whole log. */
function keepLast(child: ChildProcess): () => string {
  let kept = "";
  child.stderr?.on("data", (chunk: Buffer) => (kept = (kept + chunk.toString()).slice(-keptErrorBytes)));
  return () => kept;
}
