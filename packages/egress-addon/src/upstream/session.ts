import type { ClientSessionOptions } from "node:http2";
import type { Socket } from "node:net";
import { http2, resetCodes } from "../node-http2.ts";
import { sendStream } from "./http2-request.ts";
import type { AnswerSink, UpstreamRequest } from "./pools.ts";

/** One HTTP/2 connection to an upstream. */
export interface Session {
  /** Whether new streams may be opened. */
  readonly isOpen: boolean;
  /** Streams under way. */
  readonly streams: number;
  /** Whether the upstream takes one more stream at once; else it would wait. One alone is sent before it has told its limit. */
  readonly hasRoom: boolean;
  /** Present until the upstream has told its limit, or left. */
  readonly settling: Promise<void> | undefined;
  send(request: UpstreamRequest, sink: AnswerSink): void;
  /** No new streams; what is under way goes on. */
  retire(): void;
  cut(): void;
}

const mostStreams = 100;
const idleMs = 60_000;
/** What may be under way on one connection, far more than on one stream, since what came is granted again at once. */
const connectionWindowBytes = 8 * 1024 * 1024;

// A stream's window is what an answer that is not read may hold in memory. Nothing may be pushed.
const sessionOptions: ClientSessionOptions = {
  settings: { enablePush: false, initialWindowSize: 512 * 1024, maxHeaderListSize: 64 * 1024 },
  maxHeaderListPairs: 512, maxSessionMemory: 64, maxSettings: 32, peerMaxConcurrentStreams: mostStreams,
};

/** Starts a session on a connection that chose `h2`. */
export function startSession(socket: Socket, options: {
  readonly answerTimeoutMs: number;
  readonly onClose: () => void;
  /** A session without streams for so long is asked whether it is still there when it is used again, and has `pongMs` to say so. */
  readonly silentMs?: number;
  readonly pongMs?: number;
}): Session {
  const { silentMs = 10_000, pongMs = 10_000 } = options;
  const session = http2().connect("https://upstream.invalid", { ...sessionOptions, createConnection: () => socket });
  let streams = 0;
  let idleSince = performance.now();
  let isLeaving = false;
  let isSettled = false;
  const settled = Promise.withResolvers<void>();
  const settle = (): void => {
    isSettled = true;
    settled.resolve();
  };
  const close = (): void => {
    isLeaving = true;
    session.close();
  };
  let idle = setTimeout(close, idleMs);
  session.on("error", () => session.destroy(undefined, resetCodes.cancel));
  session.once("remoteSettings", settle);
  session.once("goaway", () => void (isLeaving = true));
  session.once("connect", () => session.setLocalWindowSize(connectionWindowBytes));
  session.once("close", () => {
    clearTimeout(idle);
    settle();
    socket.destroy();
    options.onClose();
  });
  const isOpen = (): boolean => !isLeaving && !session.closed && !session.destroyed;

  function opened(): void {
    clearTimeout(idle);
    if (streams === 0 && performance.now() - idleSince >= silentMs) checkAlive();
    streams += 1;
  }

  function closed(): void {
    streams -= 1;
    if (streams > 0) return;
    idleSince = performance.now();
    if (!session.destroyed) idle = setTimeout(close, idleMs);
  }

  function checkAlive(): void {
    const late = setTimeout(() => session.destroy(undefined, resetCodes.cancel), pongMs);
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
      return streams < (isSettled ? Math.min(mostStreams, session.remoteSettings.maxConcurrentStreams ?? mostStreams) : 1);
    },
    get settling() {
      return isSettled ? undefined : settled.promise;
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
    cut: () => session.destroy(undefined, resetCodes.cancel),
  };
}
