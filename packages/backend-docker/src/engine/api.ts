import type { IncomingMessage } from "node:http";
import type { Duplex, Readable } from "node:stream";
import { json, text } from "node:stream/consumers";
import { BottleError } from "@bottle/backend-core";
import * as v from "valibot";
import { explainSilence } from "../host/explain-silence.ts";
import { dial } from "./dial.ts";
import type { Docker } from "./docker.ts";

/** What goes with a question to the engine. */
export interface AskOptions {
  /** Values other than strings are sent as JSON, as `filters` is. */
  readonly query?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The engine's HTTP API (https://docs.docker.com/reference/api/engine/), for what a start asks and for the programs it runs
 * inside: a `docker` for each would take four hundredths of a second of a processor. Paths are given without their version.
 * Each call throws EngineError, or the signal's reason.
 */
export interface EngineApi {
  /** @returns the answer, parsed; undefined if the engine has no such thing */
  get(path: string, options?: AskOptions): Promise<unknown>;
  /** @returns the answer, parsed */
  post(path: string, body: unknown, options?: AskOptions): Promise<unknown>;
  /** @returns an answer that goes on */
  follow(path: string, options?: AskOptions): Promise<Readable>;
  /** Takes the connection over for a program's streams. */
  takeOver(path: string, body: unknown, options?: AskOptions): Promise<Duplex>;
}

/** The engine did not do as asked. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  /** HTTP status; undefined if it did not answer at all. */
  readonly status: number | undefined;

  /** @param message in the engine's words, or docker's about a missing engine */
  constructor(message: string, status: number | undefined) {
    super(message);
    this.status = status;
  }
}

// An import statement would read every export of node:http, one of which loads all of Node's fetch: 40 ms of each start.
const { request: httpRequest } = process.getBuiltinModule("node:http");

// The newest that was tried (Docker 29); an older engine says what it speaks.
const newestVersion = "1.52";
// One that is busy with ten starts at once needs some seconds.
const longestMs = 60_000;

/** @param docker knows where the engine is, and the way to it */
export function createApi(docker: Pick<Docker, "address" | "start" | "environment">): EngineApi {
  let version: Promise<string> | undefined;
  const negotiated = (): Promise<string> => {
    version ??= (docker.environment["DOCKER_API_VERSION"] ? Promise.resolve(docker.environment["DOCKER_API_VERSION"]) : negotiate(docker));
    version.catch(() => (version = undefined));
    return version;
  };
  const ask = async (method: Call["method"], path: string, { query, signal }: AskOptions, more: Partial<Call> = {}): Promise<Reply> => {
    const search = new URLSearchParams(Object.entries(query ?? {}).map(([name, value]): [string, string] => [name, typeof value === "string" ? value : JSON.stringify(value)]));
    const safe = path.replace(/[^\w./:@-]/g, encodeURIComponent);
    return send(docker, { method, path: `/v${await untilAborted(negotiated(), signal)}${safe}?${search.toString()}`, signal, ...more });
  };
  const answer = async (method: Call["method"], path: string, options: AskOptions, more?: Partial<Call>): Promise<unknown> => {
    const signal = bounded(options.signal);
    return answerOf(await ask(method, path, { ...options, signal }, more), signal);
  };
  return {
    get: (path, options = {}) => answer("GET", path, options).catch((error: unknown) => {
      if (error instanceof EngineError && error.status === 404) return undefined;
      throw error;
    }),
    post: (path, body, options = {}) => answer("POST", path, options, { body }),
    follow: async (path, options = {}) => {
      const { response } = await ask("GET", path, options);
      if (!response) throw new EngineError("The engine took the connection over unasked.", undefined);
      await refuse(response);
      return response;
    },
    takeOver: async (path, body, options = {}) => {
      const { response, taken } = await ask("POST", path, { ...options, signal: bounded(options.signal) }, { body, isUpgrade: true });
      if (taken) return taken;
      if (response) await refuse(response).finally(() => response.destroy());
      throw new EngineError("The engine did not hand its connection over.", undefined);
    },
  };
}

function bounded(signal: AbortSignal | undefined): AbortSignal {
  const limit = AbortSignal.timeout(longestMs);
  return signal ? AbortSignal.any([signal, limit]) : limit;
}

/** An answer in the shape it must have. @throws EngineError */
export function read<T>(schema: v.GenericSchema<unknown, T>, answer: unknown): T {
  const parsed = v.safeParse(schema, answer);
  if (parsed.success) return parsed.output;
  throw new EngineError(`The engine answered in a way that is not understood: ${parsed.issues[0].message}`, undefined);
}

/** An error of the engine's as one of bottle's. @param what could not be done, as a sentence without its end */
export function explainEngine(what: string, error: unknown): unknown {
  if (!(error instanceof EngineError)) return error;
  if (error.status !== undefined) return new BottleError("launch-failed", `${what}: ${error.message}`, { mend: "Run `bottle doctor --backend docker`.", cause: error });
  const { reason, mend } = explainSilence(error.message);
  return new BottleError("backend-unavailable", `${what}: ${reason}`, { mend, cause: error });
}

interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly isUpgrade?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** An answer, or, if it was asked for, the connection itself. */
interface Reply {
  readonly response?: IncomingMessage;
  readonly taken?: Duplex;
}

async function negotiate(docker: Pick<Docker, "address" | "start">): Promise<string> {
  const { response } = await send(docker, { method: "GET", path: "/_ping", signal: bounded(undefined) });
  const offered = response?.headers["api-version"];
  response?.resume();
  return typeof offered === "string" && isOlder(offered, newestVersion) ? offered : newestVersion;
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(reasonOf(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", onAbort));
}

function isOlder(one: string, other: string): boolean {
  const [[major = 0, minor = 0] = [], [otherMajor = 0, otherMinor = 0] = []] = [one, other].map((version) => version.split(".").map(Number));
  return major === otherMajor ? minor < otherMinor : major < otherMajor;
}

async function send(docker: Pick<Docker, "address" | "start">, { method, path, body, isUpgrade = false, signal }: Call): Promise<Reply> {
  const { stream, said } = await untilAborted(dial(docker), signal);
  const content = body === undefined ? undefined : JSON.stringify(body);
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const onAbort = (): void => void stream.destroy();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const request = httpRequest({
      method, path, createConnection: () => stream,
      headers: {
        host: "docker",
        ...(content !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(content) }),
        ...(isUpgrade && { connection: "Upgrade", upgrade: "tcp" }),
      },
    });
    request.once("response", (response) => resolve({ response }));
    request.once("upgrade", (_response, socket: Duplex, head: Buffer) => {
      socket.unshift(head);
      resolve({ taken: socket });
    });
    request.once("error", reject);
    request.end(content);
    const reply = await promise;
    // A connection that was handed over is the caller's; an answer may still be on its way.
    if (reply.taken) signal?.removeEventListener("abort", onAbort);
    return reply;
  } catch (error) {
    stream.destroy();
    if (signal?.aborted) throw reasonOf(signal);
    throw new EngineError(await said(error instanceof Error ? error : new Error(String(error))), undefined);
  }
}

function reasonOf({ reason }: AbortSignal): unknown {
  return reason instanceof DOMException && reason.name === "TimeoutError" ? new EngineError(`The engine gave no answer for ${longestMs / 1000} seconds.`, undefined) : reason;
}

async function answerOf({ response }: Reply, signal: AbortSignal): Promise<unknown> {
  if (!response) return undefined;
  try {
    await refuse(response);
    return await json(response);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if (signal.aborted) throw reasonOf(signal);
    throw new EngineError("The engine's answer cannot be read.", undefined);
  }
}

/** @throws EngineError unless the answer is a good one */
async function refuse(response: IncomingMessage): Promise<void> {
  const { statusCode = 0 } = response;
  if (statusCode >= 200 && statusCode < 300) return;
  throw new EngineError(messageIn(await text(response)), statusCode);
}

function messageIn(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message);
  } catch {
    // It is told as it is.
  }
  return body.trim() || "the engine gave no reason";
}
