import type { Readable } from "node:stream";
import { type Dispatcher, Pool } from "undici";
import { formatAuthority } from "../policy/host.ts";
import type { Dial, Origin } from "./dial.ts";
import { toFailure, type UpstreamFailure } from "./failure.ts";

/** A request to an upstream, complete and allowed. */
export interface UpstreamRequest {
  readonly origin: Origin;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Name, value, name, value; without hop-by-hop headers. */
  readonly headers: string[];
  readonly body: Readable | null;
  /** The request's trailers, complete once the body has ended. */
  readonly trailers: () => readonly string[];
  /** Present if the client speaks HTTP/2 itself, and may get it from the upstream too. */
  readonly http2?: { readonly acceptsTrailers: boolean } | undefined;
}

/** Steers an answer that is under way. */
export interface AnswerControl {
  pause(): void;
  resume(): void;
  abort(): void;
}

/** Receives an answer. `fail` comes at most once, also after `start`. */
export interface AnswerSink {
  /** The request has a connection; it can be aborted from now on. */
  begin(control: AnswerControl): void;
  start(status: number, statusText: string, headers: string[]): void;
  data(chunk: Buffer): void;
  /** So many bytes of the request's body went out. */
  sent(bytes: number): void;
  /** `trailers`: name, value, name, value. */
  end(trailers?: readonly string[]): void;
  fail(failure: UpstreamFailure): void;
}

/** Connections to upstreams, kept open between requests. */
export interface Upstreams extends AsyncDisposable {
  send(request: UpstreamRequest, sink: AnswerSink): void;
  /** Cuts every connection, busy or not. */
  cut(): void;
}

const largestHeadBytes = 64 * 1024;

/** Pools of HTTP/1.1 connections by origin; the least recently used of more than `capacity` is closed. */
export function createPools(options: { readonly dial: Dial; readonly answerTimeoutMs: number; readonly capacity?: number }): Upstreams {
  const pools = new Map<string, Pool>();
  return {
    send(request, sink) {
      const { method, path, headers, body } = request;
      poolFor(request.origin).dispatch({ method, path, headers, body }, toHandler(sink));
    },
    cut() {
      for (const pool of pools.values()) void pool.destroy().catch(() => {});
      pools.clear();
    },
    async [Symbol.asyncDispose]() {
      const closing = [...pools.values()].map((pool) => pool.destroy().catch(() => {}));
      pools.clear();
      await Promise.all(closing);
    },
  };

  function poolFor(origin: Origin): Pool {
    const key = `${origin.secure ? "https" : "http"}://${formatAuthority(origin.host, origin.port)}`;
    const pool = pools.get(key) ?? makePool(key, origin);
    pools.delete(key);
    pools.set(key, pool);
    const [oldest] = pools;
    if (oldest !== undefined && pools.size > (options.capacity ?? 128)) {
      pools.delete(oldest[0]);
      void oldest[1].close().catch(() => {});
    }
    return pool;
  }

  function makePool(key: string, origin: Origin): Pool {
    return new Pool(key, {
      allowH2: false,
      bodyTimeout: 0,
      headersTimeout: options.answerTimeoutMs,
      maxHeaderSize: largestHeadBytes,
      connect: (_options, callback) => {
        options.dial(origin).then((socket) => callback(null, socket), (error: Error) => callback(error, null));
      },
    });
  }
}

function toHandler(sink: AnswerSink): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (controller) => sink.begin({
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      abort: () => controller.abort(new Error("aborted")),
    }),
    onResponseStart: (controller, status, _headers, statusText) => sink.start(status, statusText ?? "", rawHeaders(controller)),
    onResponseData: (_controller, chunk) => sink.data(chunk),
    onBodySent: (chunk) => sink.sent(chunk.length),
    onResponseEnd: (controller) => sink.end(toTexts(controller.rawTrailers)),
    onResponseError: (_controller, error) => sink.fail(toFailure(error)),
  };
}

function rawHeaders(controller: Dispatcher.DispatchController): string[] {
  return toTexts(controller.rawHeaders);
}

function toTexts(raw: Dispatcher.DispatchController["rawHeaders"]): string[] {
  return Array.isArray(raw) ? raw.map((part) => typeof part === "string" ? part : part.toString("latin1")) : [];
}
