import type { ClientSessionOptions } from "node:http2";
import type { Socket } from "node:net";
import { http2 } from "../node-http2.ts";
import { sendStream } from "./http2-request.ts";
import type { AnswerSink, UpstreamRequest } from "./pools.ts";

/** One HTTP/2 connection to an upstream. */
export interface Session {
  /** Whether new streams may be opened. */
  readonly isOpen: boolean;
  /** Streams under way. */
  readonly streams: number;
  /** Whether the upstream takes one more stream at once; else it would wait. */
  readonly hasRoom: boolean;
  send(request: UpstreamRequest, sink: AnswerSink): void;
  /** No new streams; what is under way goes on. */
  retire(): void;
  cut(): void;
}

const mostStreams = 100;
const idleMs = 60_000;
/** A session without streams for so long is asked whether it is still there when it is used again. */
const silentMs = 10_000;
const pongMs = 10_000;
/** What may be under way on one connection, far more than on one stream, since what came is granted again at once. */
const connectionWindowBytes = 8 * 1024 * 1024;

// A stream's window is what an answer that is not read may hold in memory. Nothing may be pushed.
// The types know the last one of a server's options alone; Node reads it here as well.
const sessionOptions: ClientSessionOptions & { readonly strictSingleValueFields: boolean } = {
  settings: { enablePush: false, initialWindowSize: 512 * 1024, maxHeaderListSize: 64 * 1024 },
  maxHeaderListPairs: 512, maxSessionMemory: 64, maxSettings: 32, peerMaxConcurrentStreams: mostStreams, strictSingleValueFields: false,
};

/** Starts a session on a connection that chose `h2`. */
export function startSession(socket: Socket, options: { readonly answerTimeoutMs: number; readonly onClose: () => void }): Session {
  const session = http2().connect("https://upstream.invalid", { ...sessionOptions, createConnection: () => socket });
  let streams = 0;
  let idleSince = performance.now();
  let isLeaving = false;
  const close = (): void => {
    isLeaving = true;
    session.close();
  };
  let idle = setTimeout(close, idleMs);
  session.on("error", () => session.destroy());
  session.once("goaway", () => void (isLeaving = true));
  session.once("connect", () => session.setLocalWindowSize(connectionWindowBytes));
  session.once("close", () => {
    clearTimeout(idle);
    socket.destroy();
    options.onClose();
  });
  // An upstream that does not close after the last stream is not waited for.
  socket.once("end", () => void setImmediate(() => session.destroy()));
  const isOpen = (): boolean => !isLeaving && !session.closed && !session.destroyed;

  function opened(): void {
    clearTimeout(idle);
    if (streams === 0 && performance.now() - idleSince > silentMs) checkAlive();
    streams += 1;
  }

  function closed(): void {
    streams -= 1;
    if (streams > 0) return;
    idleSince = performance.now();
    if (!session.destroyed) idle = setTimeout(close, idleMs);
  }

  function checkAlive(): void {
    const late = setTimeout(() => session.destroy(), pongMs);
    session.once("close", () => clearTimeout(late));
    session.ping(() => clearTimeout(late));
  }

  return {
    get isOpen() {
      return isOpen();
    },
    get streams() {
      return streams;
    },
    get hasRoom() {
      return streams < Math.min(mostStreams, session.remoteSettings.maxConcurrentStreams ?? mostStreams);
    },
    send(request, sink) {
      opened();
      try {
        sendStream(session, request, { sink, answerTimeoutMs: options.answerTimeoutMs, onTimeout: close }).once("close", closed);
      } catch (error) {
        closed();
        throw error;
      }
    },
    retire: close,
    cut: () => session.destroy(),
  };
}
