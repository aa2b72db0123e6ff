import type { Dial, Origin } from "../dial.ts";
import { toFailure, UpstreamFailure } from "../failure.ts";
import type { AnswerSink, UpstreamRequest } from "../pools.ts";
import { Connection } from "./connection.ts";

/** The HTTP/1.1 connections to one origin. */
export interface Pool {
  /** Sends on a connection that is idle, or on a new one. */
  send(request: UpstreamRequest, sink: AnswerSink): void;
  /** No new connections are kept; what is under way goes on. */
  retire(): void;
  /** Closes every connection, busy or not. */
  cut(): void;
  /** Resolves when those that are open now are closed. */
  closed(): Promise<void>;
}

/** As many connections as requests at once; the last one that became idle is used first, so that the others grow old. */
export function createPool(options: { readonly origin: Origin; readonly dial: Dial; readonly answerTimeoutMs: number }): Pool {
  const idle: Connection[] = [];
  const open = new Map<Connection, Promise<unknown>>();
  let isRetired = false;
  let cuts = 0;

  function takeIdle(): Connection | undefined {
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) if (connection.isOpen) return connection;
    return undefined;
  }

  async function openAndSend(request: UpstreamRequest, sink: AnswerSink): Promise<void> {
    const cutsBefore = cuts;
    try {
      const socket = await options.dial(options.origin);
      const connection = new Connection(socket, {
        answerTimeoutMs: options.answerTimeoutMs,
        onIdle: (one) => void idle.push(one),
        onClose: (one) => {
          open.delete(one);
          const at = idle.indexOf(one);
          if (at !== -1) idle.splice(at, 1);
        },
        onStale: (stale, to) => void openAndSend(stale, to),
      });
      open.set(connection, new Promise((resolve) => void socket.once("close", resolve)));
      if (cuts !== cutsBefore) {
        connection.destroy();
        throw new UpstreamFailure("upstream-broken");
      }
      connection.send(request, sink);
      if (isRetired) connection.retire();
    } catch (error) {
      request.body?.destroy();
      sink.fail(toFailure(error));
    }
  }

  return {
    send(request, sink) {
      const connection = takeIdle();
      if (connection === undefined) void openAndSend(request, sink);
      else connection.send(request, sink);
    },
    retire() {
      isRetired = true;
      for (const connection of open.keys()) connection.retire();
    },
    cut() {
      cuts += 1;
      for (const connection of open.keys()) connection.destroy();
      idle.length = 0;
    },
    async closed() {
      await Promise.all(open.values());
    },
  };
}
