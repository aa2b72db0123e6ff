import { spawn } from "node:child_process";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { StateStore } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { openState } from "./backends.ts";
import { knownBottle } from "./known-bottle.ts";
import type { StartRequest } from "./start.ts";

const startTimeoutMs = 120_000;
const pauseMs = 100;

// One tmux server per bottle, without a key or a line of its own. What the agent prints may not set the operator's
// clipboard or reach the outer terminal uninterpreted.
const options: readonly (readonly string[])[] = [
  ["set", "-g", "prefix", "None"], ["set", "-g", "prefix2", "None"], ["set", "-g", "status", "off"], ["set", "-s", "escape-time", "0"],
  ["set", "-s", "set-clipboard", "off"], ["set", "-g", "allow-passthrough", "off"], ["set", "-g", "history-limit", "50000"],
  ["set", "-g", "default-terminal", "tmux-256color"], ["set", "-g", "set-titles", "off"], ["unbind", "-a"], ["bind", "-n", "C-\\", "detach-client"],
];

/** Where the tmux server of a detached bottle listens, and where its keeper's complaints go. */
export function keeperPaths(home: string, identity: string): { readonly socket: string; readonly errors: string } {
  return { socket: join(home, "run", `${identity}.tmux`), errors: join(home, "run", `${identity}.err`) };
}

/** Starts a keeper for the bottle in a terminal of its own and waits until the bottle runs. @throws CliError with what the keeper said */
export async function detach(context: Context, request: StartRequest, { state, identity }: { readonly state: StateStore; readonly identity: string }): Promise<number> {
  const { socket, errors } = keeperPaths(context.home, identity);
  await mkdir(join(context.home, "run"), { recursive: true, mode: 0o700 });
  await rm(errors, { force: true });
  const command = ["sh", "-c", `umask 077; exec "$@" 2> "$0"`, errors, ...context.self, ...keeperArgs(request, identity)];
  const settings = options.flatMap((option) => [...option, ";"]);
  // The server inherits this environment, credentials included: they are in no argument and in no file.
  const code = await tmux(socket, [...settings, "new-session", "-d", "-x", "200", "-y", "50", "-c", context.cwd, "--", ...command.map(quoteArgument)], { isTerminal: false });
  if (code !== 0) throw new CliError("detach-failed", "tmux could not start.", { status: exitStatus.host, mend: "Run `bottle doctor`, or start without --detach." });
  await untilRunning(context, { state, identity, socket, errors });
  context.out(`${identity} runs. \`bottle attach ${identity}\` goes to it, \`bottle stop ${identity}\` ends it.`);
  return exitStatus.ok;
}

// tmux joins its arguments and gives them to a shell unless there are several; each is one word here.
function quoteArgument(text: string): string {
  return text.endsWith(";") ? `${text.slice(0, -1)}\\;` : text;
}

function keeperArgs(request: StartRequest, identity: string): readonly string[] {
  if (request.identity !== undefined) return ["resume", request.identity, "--keeper", identity, "--", ...request.args];
  return [
    "start", request.agent, "--yes", "--keeper", identity,
    ...(request.backend === undefined ? [] : ["--backend", request.backend]), ...(request.workspace === undefined ? [] : ["--workspace", request.workspace]),
    "--", ...request.args,
  ];
}

async function untilRunning(context: Context, { state, identity, socket, errors }: { readonly state: StateStore; readonly identity: string; readonly socket: string; readonly errors: string }): Promise<void> {
  const until = performance.now() + startTimeoutMs;
  while (performance.now() < until) {
    context.signal.throwIfAborted();
    const status = await state.read(identity).then((metadata) => metadata.status, () => undefined);
    if (status === "running") return;
    if (await tmux(socket, ["has-session"], { isTerminal: false }) !== 0) break;
    await delay(pauseMs);
  }
  const isDone = await state.read(identity).then(({ exitCode }) => exitCode === 0, () => false);
  const said = (await readFile(errors, "utf8").catch(() => "")).trim();
  if (isDone) return;
  throw new CliError("detach-failed", `${identity} did not start. ${said || "Its keeper said nothing."}`, { status: exitStatus.launch });
}

/** Puts this terminal on a detached bottle's. @throws CliError `no-terminal`, `not-detached`, `identity-unknown` */
export async function attach(context: Context, identity: string): Promise<number> {
  await knownBottle(openState(context), identity);
  if (!context.terminal.isTerminal) {
    throw new CliError("no-terminal", "attach needs a terminal.", { status: exitStatus.refused, mend: `For a command without one: bottle exec ${identity} -- …` });
  }
  const { socket } = keeperPaths(context.home, identity);
  if (await tmux(socket, ["has-session"], { isTerminal: false }) !== 0) {
    throw new CliError("not-detached", `${identity} does not run detached.`, { status: exitStatus.refused, mend: `\`bottle exec ${identity}\` opens a shell in a running one; \`bottle resume ${identity}\` starts an ended one.` });
  }
  return tmux(socket, ["attach"], { isTerminal: true });
}

function tmux(socket: string, args: readonly string[], { isTerminal }: { readonly isTerminal: boolean }): Promise<number> {
  const child = spawn("tmux", ["-S", socket, "-f", "/dev/null", ...args], { stdio: isTerminal ? "inherit" : "ignore" });
  return new Promise((resolve) => {
    child.once("error", () => resolve(127));
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
