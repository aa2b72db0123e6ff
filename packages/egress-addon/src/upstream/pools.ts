import type { Readable } from "node:stream";
import { formatAuthority, type UpstreamFailure } from "@bottle/way-out";
import type { Dial, Origin } from "./dial.ts";
import { createPool, type Pool } from "./http1/pool.ts";

/** A request to an upstream, complete and allowed. */
export interface UpstreamRequest {
  readonly origin: Origin;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Name, value, name, value; without hop-by-hop headers. */
  readonly headers: readonly string[];
  readonly body: Readable | null;
  /** The names that the client announced, and what came of them (name, value, name, value), complete once the body has ended. */
  readonly trailers: { readonly announced: readonly string[]; read(): readonly string[] };
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
  /** The request has a connection; it can be aborted from now on. Once more if it was sent again. */
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

/** Pools of HTTP/1.1 connections by origin; the least recently used of more than `capacity` is closed. */
export function createPools(options: { readonly dial: Dial; readonly answerTimeoutMs: number; readonly capacity?: number }): Upstreams {
  const { capacity = 128 } = options;
  const pools = new Map<string, Pool>();
  // Those that were closed to new requests and still answer some.
  const retired = new Set<Pool>();
  let latest: { readonly origin: Origin; readonly pool: Pool } | undefined;
  const cut = (): void => {
    latest = undefined;
    for (const pool of [...pools.values(), ...retired]) pool.cut();
    pools.clear();
  };
  return {
    send: (request, sink) => poolFor(request.origin).send(request, sink),
    cut,
    async [Symbol.asyncDispose]() {
      const closed = [...pools.values(), ...retired].map((pool) => pool.closed());
      cut();
      await Promise.all(closed);
    },
  };

  function poolFor(origin: Origin): Pool {
    if (latest !== undefined && isSame(latest.origin, origin)) return latest.pool;
    const key = `${origin.secure ? "https" : "http"}://${formatAuthority(origin.host, origin.port)}`;
    const pool = pools.get(key) ?? createPool({ origin, dial: options.dial, answerTimeoutMs: options.answerTimeoutMs });
    pools.delete(key);
    pools.set(key, pool);
    latest = { origin, pool };
    const [oldest] = pools;
    if (oldest !== undefined && pools.size > capacity) {
      pools.delete(oldest[0]);
      retire(oldest[1]);
    }
    return pool;
  }

  function retire(pool: Pool): void {
    retired.add(pool);
    void pool.retire().then(() => retired.delete(pool));
  }
}

function isSame(one: Origin, other: Origin): boolean {
  return one.host === other.host && one.port === other.port && one.secure === other.secure;
}
