import { toFailure, UpstreamFailure } from "@bottle/way-out";
import type { Dial, Origin } from "../dial.ts";
import type { AnswerSink, UpstreamRequest } from "../pools.ts";
import { Connection } from "./connection.ts";

/** The HTTP/1.1 connections to one origin. */
export interface Pool {
  /** Sends on a connection that is idle, or on a new one. */
  send(request: UpstreamRequest, sink: AnswerSink): void;
  /** No connections are kept any more; what is under way goes on. Resolves when nothing is. */
  retire(): Promise<void>;
  /** Closes every connection, busy or not. */
  cut(): void;
  /** Resolves when those that are open now are closed. */
  closed(): Promise<void>;
}

/** Who may ask for much at once must not make the upstream's word on how long it keeps connections hold all of them. */
const mostIdle = 64;

/** As many connections as requests at once; the last one that became idle is used first, so that the others grow old. */
export function createPool(options: { readonly origin: Origin; readonly dial: Dial; readonly answerTimeoutMs: number }): Pool {
  const idle: Connection[] = [];
  const open = new Map<Connection, Promise<unknown>>();
  const { promise: emptied, resolve: resolveEmptied } = Promise.withResolvers<void>();
  let dialling = 0;
  let isRetired = false;
  let cuts = 0;

  function takeIdle(): Connection | undefined {
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) if (connection.isOpen) return connection;
    return undefined;
  }

  async function openAndSend(request: UpstreamRequest, sink: AnswerSink): Promise<void> {
    try {
      const connection = await openOne();
      connection.send(request, sink);
      if (isRetired) connection.retire();
    } catch (error) {
      request.body?.destroy();
      sink.fail(toFailure(error));
    }
    settle();
  }

  async function openOne(): Promise<Connection> {
    const cutsBefore = cuts;
    dialling += 1;
    const socket = await options.dial(options.origin).finally(() => void (dialling -= 1));
    const connection = new Connection(socket, {
      answerTimeoutMs: options.answerTimeoutMs, onIdle: keep, onClose: forget,
      onStale: (request, sink) => void openAndSend(request, sink),
    });
    open.set(connection, new Promise((resolve) => void socket.once("close", resolve)));
    if (cuts === cutsBefore) return connection;
    connection.destroy();
    throw new UpstreamFailure("upstream-broken");
  }

  function keep(connection: Connection): void {
    idle.push(connection);
    if (idle.length > mostIdle) idle.shift()?.destroy();
  }

  function forget(connection: Connection): void {
    open.delete(connection);
    const at = idle.indexOf(connection);
    if (at !== -1) idle.splice(at, 1);
    settle();
  }

  function settle(): void {
    if (isRetired && open.size === 0 && dialling === 0) resolveEmptied();
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
      settle();
      return emptied;
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
