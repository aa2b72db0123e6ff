import { readFile, rm } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { StateStore } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { makeFolder } from "../host/make-folder.ts";
import { offerSecrets } from "./hand-over.ts";
import { openState } from "./backends.ts";
import { caLine } from "./ca-line.ts";
import { keeperPaths, runFolder, type KeeperPaths } from "./keeper-paths.ts";
import { describe, knownBottle } from "./known-bottle.ts";
import type { StartRequest } from "./start.ts";
import { hasSession, killServer, newSession, attachClient } from "./tmux.ts";

const startTimeoutMs = 120_000;
const pauseMs = 50;

/** A bottle that a keeper is to be started for. */
interface Kept {
  readonly state: StateStore;
  readonly identity: string;
  /** Values of `secret: true` variables, by name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly isResume: boolean;
}

/** Starts a keeper for the bottle in a terminal of its own and waits until the bottle runs. @throws CliError with what the keeper said */
export async function detach(context: Context, request: StartRequest, kept: Kept): Promise<number> {
  const { identity } = kept;
  const paths = keeperPaths(context.home, identity);
  await makeFolder(runFolder(context.home));
  await rm(paths.errors, { force: true });
  await using _offer = await offerSecrets(paths.handOver, kept.secrets);
  const beganAt = context.now().toISOString();
  // What the keeper says before its bottle runs goes to a file, since nobody looks at its terminal yet.
  const command = ["sh", "-c", `umask 077; exec "$@" 2> "$0"`, paths.errors, ...context.self, ...keeperArguments(request, kept)];
  if (!await newSession(paths.socket, context.cwd, command)) {
    throw new CliError("detach-failed", "tmux could not start.", { status: exitStatus.host, mend: "Run `bottle doctor`, or start without --detach." });
  }
  try {
    return await untilRunning(context, kept, { paths, beganAt });
  } catch (error) {
    // Its terminal goes, so the keeper unwinds.
    await killServer(paths.socket);
    throw error;
  }
}

function keeperArguments(request: StartRequest, { identity, isResume }: Kept): readonly string[] {
  const flags = [
    ...(request.backend === undefined ? [] : ["--backend", request.backend]), ...(request.workspace === undefined ? [] : ["--workspace", request.workspace]),
  ];
  return [...(isResume ? ["resume"] : ["start", ...flags]), "--yes", "--keeper", identity, isResume ? identity : request.agent, "--", ...request.args];
}

async function untilRunning(context: Context, { state, identity }: Kept, { paths, beganAt }: { readonly paths: KeeperPaths; readonly beganAt: string }): Promise<number> {
  const until = performance.now() + startTimeoutMs;
  while (performance.now() < until) {
    context.signal.throwIfAborted();
    const metadata = await state.read(identity).catch(() => undefined);
    if (metadata && metadata.status === "running" && describe(metadata).isKept) {
      context.err(await caLine(state.directory(identity)));
      context.out(`${identity} runs. \`bottle attach ${identity}\` goes to it, \`bottle stop ${identity}\` ends it.`);
      return exitStatus.ok;
    }
    if (!await hasSession(paths.socket)) break;
    await delay(pauseMs);
  }
  const said = (await readFile(paths.errors, "utf8").catch(() => "")).trim().replace(/^bottle: /, "");
  const { exitCode, endedAt = "" } = await state.read(identity).catch(() => ({ exitCode: undefined, endedAt: undefined }));
  if (said === "" && exitCode !== undefined && endedAt >= beganAt) {
    context.out(`${identity} has already ended, with exit status ${exitCode}.`);
    return exitStatus.ok;
  }
  throw new CliError("detach-failed", `${identity} did not start. ${said || "Its keeper said nothing."}`, { status: exitStatus.launch });
}

/** Puts this terminal on a detached bottle's. @returns the agent's exit status if it ended meanwhile, else 0 */
export async function attach(context: Context, identity: string): Promise<number> {
  const state = openState(context);
  const { isKept } = await knownBottle(state, identity);
  if (!isKept) throw new CliError("not-running", `${identity} is not running.`, { status: exitStatus.refused, mend: `\`bottle resume ${identity}\` starts it again.` });
  if (!context.terminal.isTerminal) {
    throw new CliError("no-terminal", "attach needs a terminal.", { status: exitStatus.refused, mend: `For a command without one: bottle exec ${identity} -- …` });
  }
  const { socket } = keeperPaths(context.home, identity);
  if (!await hasSession(socket)) {
    throw new CliError("not-detached", `${identity} runs on another terminal, not detached.`, { status: exitStatus.refused, mend: `\`bottle exec ${identity}\` opens a shell in it.` });
  }
  await attachClient(socket);
  const after = describe(await state.read(identity));
  if (after.isKept) {
    context.err(`${identity} runs on. \`bottle attach ${identity}\` comes back.`);
    return exitStatus.ok;
  }
  const { summary } = await import("./summary.ts");
  context.err(`${identity} has ended.\n${await summary(context, state, identity)}`);
  return after.metadata.exitCode ?? exitStatus.internal;
}
