import { setTimeout as delay } from "node:timers/promises";
import type { Entered } from "@bottle/backend-core";
import * as v from "valibot";
import { read, type EngineApi } from "./api.ts";
import { takeApart, type ProgramStreams } from "./streams.ts";

/** A program in a container, reached by a connection of ours. Its `ended` throws EngineError if the engine is gone; 137 where the connection was broken off on this side. */
export interface Running extends Entered {
  readonly child: ProgramStreams;
}

/** What to run in a container. */
export interface Program {
  readonly argv: readonly string[];
  /** Name or uid; the container's own if absent. */
  readonly user?: string;
  readonly cwd?: string;
  /** Goes in the question's body: it is in no argument list, nor in what the engine tells of the container. */
  readonly env?: Readonly<Record<string, string>>;
  /** Heeded until the engine is told to start it; from then on it is to be ended inside. */
  readonly signal?: AbortSignal | undefined;
}

const created = v.object({ Id: v.string() });
const execState = v.object({ Running: v.boolean(), ExitCode: v.nullish(v.number()), Pid: v.optional(v.number(), 0), ContainerID: v.string() });
const processList = v.object({ Titles: v.array(v.string()), Processes: v.nullish(v.array(v.array(v.string()))) });
const killed = 137;
// The engine notes a program's end a moment after its streams have ended. One that closed its output itself may go on.
const firstLookMs = 20;
const longestLookMs = 500;
// `docker exec` has been seen to wait for good (moby#34472, #36048): after this many looks, a second, the container's list of
// processes has the last word.
const trustedLooks = 6;

/** Starts a program in a running container, with its standard input open. @throws EngineError with status 404 or 409 if the container does not run */
export async function execIn(api: EngineApi, container: string, { argv, user, cwd, env = {}, signal }: Program): Promise<Running> {
  const { Id } = read(created, await api.post(`/containers/${container}/exec`, {
    AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false, Cmd: argv,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...(user !== undefined && { User: user }), ...(cwd !== undefined && { WorkingDir: cwd }),
  }, { signal }));
  const child = takeApart(await api.takeOver(`/exec/${Id}/start`, { Detach: false, Tty: false }));
  const ended = child.closed.then(({ isOurDoing }) => (isOurDoing ? killed : exitCodeOf(api, Id)));
  // Whoever awaits it is told.
  ended.catch(() => undefined);
  return { child, ended };
}

/** Joins the streams of a container's first process. @throws EngineError */
export async function attachTo(api: EngineApi, container: string, signal?: AbortSignal): Promise<ProgramStreams> {
  return takeApart(await api.takeOver(`/containers/${container}/attach`, undefined, { query: { stream: "1", stdin: "1", stdout: "1", stderr: "1" }, signal }));
}

async function exitCodeOf(api: EngineApi, id: string): Promise<number> {
  let isGone = false;
  for (let look = 1, waitMs = firstLookMs; ; look += 1, waitMs = Math.min(waitMs * 2, longestLookMs)) {
    const answer = await api.get(`/exec/${id}/json`);
    // It goes with its container.
    if (answer === undefined) return killed;
    const state = read(execState, answer);
    if (!state.Running || isGone) return state.ExitCode ?? killed;
    isGone = look >= trustedLooks && !await hasProcess(api, state);
    await delay(waitMs);
  }
}

/** Whether the engine's machine still has the process. An engine that cannot list them is believed. */
async function hasProcess(api: EngineApi, { ContainerID, Pid }: { readonly ContainerID: string; readonly Pid: number }): Promise<boolean> {
  const listed = v.safeParse(processList, await api.get(`/containers/${ContainerID}/top`).catch(() => undefined));
  if (!listed.success) return true;
  const { Titles, Processes } = listed.output;
  return (Processes ?? []).some((columns) => Number(columns[Titles.indexOf("PID")]) === Pid);
}
