import { BottleError } from "@bottle/backend-core";
import { ending, start } from "../processes.ts";

/** The relay, running: it holds the bottle's network. */
export interface Relay extends AsyncDisposable {
  readonly pid: number;
}

const program = new URL(import.meta.url.endsWith(".ts") ? "main.ts" : "main.js", import.meta.url).pathname;

/**
 * Makes the outer user and network namespace, brings its loopback up and starts the relay in it.
 * @param options.routes port of the bottle's 127.0.0.1 → Unix socket on the host
 * @param options.logFd descriptor its complaints go to
 * @throws BottleError `launch-failed` if the namespace or the listener cannot be made
 */
export async function startRelay(options: {
  readonly routes: readonly { readonly port: number; readonly unix: string }[];
  readonly label: string;
  readonly logFd: number;
  readonly signal: AbortSignal;
}): Promise<Relay> {
  options.signal.throwIfAborted();
  const child = start([
    "unshare", "--user", "--net", "--map-root-user", "--",
    "sh", "-c", `ip link set lo up && exec "$@"`, "sh", process.execPath, "--max-semi-space-size=1", program,
  ], { stdio: ["pipe", "pipe", options.logFd], label: options.label, detached: true });
  const ended = ending(child);
  const relay = { pid: child.pid ?? 0, [Symbol.asyncDispose]: () => end() };
  const end = async (): Promise<void> => {
    child.stdin?.destroy();
    const hurry = setTimeout(() => child.kill("SIGKILL"), 1000);
    await ended;
    clearTimeout(hurry);
  };
  child.stdin?.on("error", () => undefined);
  child.stdin?.write(`${JSON.stringify({ routes: options.routes })}\n`);
  const aborted = new Promise<"aborted">((resolve) => options.signal.addEventListener("abort", () => resolve("aborted"), { once: true }));
  const ready = new Promise<"ready">((resolve) => child.stdout?.once("data", () => resolve("ready")));
  const outcome = await Promise.race([ready, ended, aborted]);
  if (outcome === "ready") return relay;
  await end();
  options.signal.throwIfAborted();
  throw new BottleError("launch-failed", `The bottle's network namespace could not be made (exit ${String(outcome)}).`, {
    mend: "Run `bottle doctor`: it looks why user namespaces do not work here and says the remedy.",
  });
}
