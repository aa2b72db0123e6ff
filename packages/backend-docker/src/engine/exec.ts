import { setTimeout as delay } from "node:timers/promises";
import * as v from "valibot";
import { EngineError, type EngineApi } from "./api.ts";
import { read } from "./things.ts";
import { takeApart, type ProgramStreams } from "./streams.ts";

/** A program in a container, reached by a connection of ours. */
export interface Running {
  readonly child: ProgramStreams;
  /** Its exit code; 137 where the connection was closed on our side. Throws EngineError if the engine is gone. */
  readonly ended: Promise<number>;
}

/** What to run in a container. */
export interface Program {
  readonly argv: readonly string[];
  /** Name or uid; the container's own if absent. */
  readonly user?: string;
  readonly cwd?: string;
  /** Goes in the question's body: it is in no argument list, nor in what the engine tells of the container. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

const created = v.object({ Id: v.string() });
const execState = v.object({ Running: v.boolean(), ExitCode: v.nullish(v.number()) });
const killed = 137;
// The engine notes a program's end a moment after its streams have ended.
const noteMs = 20;
const longestNotes = 250;

/** Starts a program in a running container, with its standard input open. @throws EngineError with status 404 or 409 if the container does not run */
export async function execIn(api: EngineApi, container: string, { argv, user, cwd, env = {}, signal }: Program): Promise<Running> {
  const { Id } = read(created, await api.post(`/containers/${container}/exec`, {
    AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false, Cmd: argv,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...(user !== undefined && { User: user }), ...(cwd !== undefined && { WorkingDir: cwd }),
  }, { signal }));
  const child = takeApart(await api.takeOver(`/exec/${Id}/start`, { Detach: false, Tty: false }, { signal }));
  let isClosed = false;
  const ended = child.closed.then(() => (isClosed ? killed : exitCodeOf(api, Id)));
  // Whoever awaits it is told.
  ended.catch(() => undefined);
  const close = (): void => {
    isClosed = true;
    child.close();
  };
  return { child: { ...child, close }, ended };
}

/** Joins the streams of a container's first process. @throws EngineError */
export async function attachTo(api: EngineApi, container: string, signal?: AbortSignal): Promise<ProgramStreams> {
  return takeApart(await api.takeOver(`/containers/${container}/attach`, undefined, { query: { stream: "1", stdin: "1", stdout: "1", stderr: "1" }, signal }));
}

async function exitCodeOf(api: EngineApi, id: string): Promise<number> {
  for (let look = 0; look < longestNotes; look += 1) {
    const answer = await api.get(`/exec/${id}/json`);
    // It goes with its container.
    if (answer === undefined) return killed;
    const { Running, ExitCode } = read(execState, answer);
    if (!Running) return ExitCode ?? killed;
    await delay(noteMs);
  }
  throw new EngineError("The engine broke the connection to a program that still runs.", undefined);
}
