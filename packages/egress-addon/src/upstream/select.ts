import type { Socket } from "node:net";
import { formatAuthority, toFailure } from "@bottle/way-out";
import type { Dial, Origin } from "./dial.ts";
import { createOriginSessions, type OriginSessions } from "./origins.ts";
import { type AnswerSink, createPools, type UpstreamRequest, type Upstreams } from "./pools.ts";

/** How long a connection opened for HTTP/2 waits to be used for HTTP/1.1, which the upstream chose. */
const spareMs = 4_000;

/**
 * Chooses the HTTP version of each request: HTTP/2 if the client speaks it and the upstream chooses it (ALPN, RFC 7301), else
 * HTTP/1.1. What came as HTTP/1.1 never asks for HTTP/2.
 */
export function createUpstreams(options: { readonly dial: Dial; readonly answerTimeoutMs: number; readonly capacity?: number }): Upstreams {
  const { dial, answerTimeoutMs, capacity = 128 } = options;
  const spares = createSpares();
  const origins = new Map<string, OriginSessions>();
  const http1Dial: Dial = async (origin) => spares.take(keyOf(origin)) ?? dial(origin);
  const pools = createPools({ answerTimeoutMs, capacity, dial: http1Dial });
  return {
    send(request, sink) {
      if (request.http2 === undefined || !request.origin.secure) return pools.send(request, sink);
      void sendHttp2(request, sink);
    },
    cut() {
      for (const origin of origins.values()) origin.cut();
      origins.clear();
      spares.cut();
      pools.cut();
    },
    async [Symbol.asyncDispose]() {
      for (const origin of origins.values()) origin.cut();
      origins.clear();
      spares.cut();
      await pools[Symbol.asyncDispose]();
    },
  };

  async function sendHttp2(request: UpstreamRequest, sink: AnswerSink): Promise<void> {
    try {
      if (!await sessionsFor(request.origin).send(request, sink)) pools.send(request, sink);
    } catch (error) {
      request.body?.destroy();
      sink.fail(toFailure(error));
    }
  }

  function sessionsFor(origin: Origin): OriginSessions {
    const key = keyOf(origin);
    const sessions = origins.get(key) ?? createOriginSessions({ origin, dial, answerTimeoutMs, onHttp1: (socket) => spares.put(key, socket) });
    origins.delete(key);
    origins.set(key, sessions);
    const [oldest] = origins;
    if (oldest !== undefined && origins.size > capacity) {
      origins.delete(oldest[0]);
      oldest[1].retire();
    }
    return sessions;
  }
}

function keyOf(origin: Origin): string {
  return `${origin.secure ? "https" : "http"}://${formatAuthority(origin.host, origin.port)}`;
}

// So that asking an upstream for HTTP/2 costs no connection.
function createSpares(): { put(key: string, socket: Socket): void; take(key: string): Socket | undefined; cut(): void } {
  const spares = new Map<string, { readonly socket: Socket; readonly timer: NodeJS.Timeout }>();
  const take = (key: string): Socket | undefined => {
    const spare = spares.get(key);
    if (spare === undefined) return undefined;
    spares.delete(key);
    clearTimeout(spare.timer);
    const { socket } = spare;
    // An upstream that speaks first is not answering anything.
    if (!socket.destroyed && !socket.readableEnded && socket.readableLength === 0) return socket;
    socket.destroy();
    return undefined;
  };
  return {
    put(key, socket) {
      take(key)?.destroy();
      socket.on("error", () => socket.destroy());
      spares.set(key, { socket, timer: setTimeout(() => take(key)?.destroy(), spareMs) });
    },
    take,
    cut() {
      for (const key of [...spares.keys()]) take(key)?.destroy();
    },
  };
}
