import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { AgentHome } from "./agent-home.ts";

/** A program to run in a test's home and workspace. */
export interface AgentRun {
  readonly argv: readonly string[];
  readonly place: AgentHome;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** What a finished program left. */
export interface AgentResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

// Every proxy variable points at a closed port: what a program asks of the network beside the scripted model fails at once.
function environment({ place, env }: AgentRun): NodeJS.ProcessEnv {
  const nowhere = "http://127.0.0.1:9";
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: place.home,
    LANG: "C.UTF-8",
    HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, http_proxy: nowhere, https_proxy: nowhere,
    NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1",
    // claude refuses full autonomy to root unless told that it is contained; inside a bottle it is not root.
    ...(process.getuid?.() === 0 ? { IS_SANDBOX: "1" } : {}),
    ...env,
  };
}

/** Runs a program to its end, without a terminal. */
export async function runAgent(run: AgentRun): Promise<AgentResult> {
  const [program = "", ...args] = run.argv;
  const child = spawn(program, args, {
    cwd: run.place.workspace, env: environment(run), stdio: ["ignore", "pipe", "pipe"], timeout: run.timeoutMs ?? 30_000,
  });
  const stdout = collected(child.stdout);
  const stderr = collected(child.stderr);
  const [exitCode] = await once(child, "close") as [number | null];
  return { exitCode, stdout: stdout(), stderr: stderr() };
}

/** A program on a terminal of 120 by 40; disposing kills it with its terminal. */
export interface TerminalRun extends AsyncDisposable {
  /** What was drawn so far, without control sequences and blanks: programs draw only what changed. */
  screen(): string;
}

/** Starts a program on a terminal of its own, made by script(1). */
export function startOnTerminal(run: AgentRun): TerminalRun {
  const quoted = run.argv.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
  const child = spawn("script", ["-qfec", `stty cols 120 rows 40; exec ${quoted}`, "/dev/null"], {
    cwd: run.place.workspace, env: { ...environment(run), TERM: "xterm-256color" }, stdio: ["pipe", "pipe", "ignore"],
  });
  const drawn = collected(child.stdout);
  return {
    screen: () => plainText(drawn()),
    [Symbol.asyncDispose]: async () => await killed(child),
  };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "close");
  child.kill("SIGKILL");
  child.stdout?.destroy();
  child.stdin?.destroy();
  await closed;
}

function collected(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}

function plainText(drawn: string): string {
  return drawn.replace(/\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(\u0007|\u001b\\)|\u001b./g, "").replace(/\s+/g, "");
}
