import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInterface } from "node:readline";
import { BottleError, ending } from "@bottle/backend-core";
import type { Docker } from "../engine/docker.ts";
import { packContext, type ContextFile } from "./context.ts";

/** One `docker build`. */
export interface BuildRun {
  readonly name: string;
  /** Arguments between `build` and the context. */
  readonly args: readonly string[];
  readonly files: readonly ContextFile[];
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

const shownLines = 15;

/** Builds an image from a context on standard input. @throws BottleError `backend-unavailable` with the build's last lines */
export async function runBuild(docker: Docker, { name, args, files, onProgress, signal }: BuildRun): Promise<void> {
  signal?.throwIfAborted();
  // The containers of steps that failed go too.
  const child = docker.start(["build", "--force-rm", ...args, "-"], { stdio: ["pipe", "pipe", "pipe"], env: { BUILDKIT_PROGRESS: "plain" } });
  const onAbort = (): void => void child.kill("SIGTERM");
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const said: string[] = [];
    const heard = [child.stdout, child.stderr].map((stream) => stream && readLines(stream as Readable, (line) => {
      onProgress(line);
      said.push(line);
      if (said.length > shownLines) said.shift();
    }));
    const ended = ending(child);
    // An engine that gave up reads no more; what it said counts, unless it said nothing.
    const sent = child.stdin ? await pipeline(packContext(files), child.stdin).catch((error: unknown) => error) : undefined;
    const exitCode = await ended;
    await Promise.all(heard);
    signal?.throwIfAborted();
    if (sent instanceof BottleError) throw sent;
    if (exitCode !== 0) throw buildFailed(name, said);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

async function readLines(stream: Readable, take: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) if (line.trim() !== "") take(line.trimEnd());
}

function buildFailed(name: string, said: readonly string[]): BottleError {
  return new BottleError("backend-unavailable", `${name} could not be built:\n${said.map((line) => `  ${line}`).join("\n") || "  docker said nothing"}`, {
    mend: "The last lines say which step failed. A base without Debian's apt-get must have git, curl, perl, openssl, procps and ca-certificates itself.",
  });
}
