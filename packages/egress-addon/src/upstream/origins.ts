import type { Socket } from "node:net";
import { toFailure, UpstreamFailure } from "@bottle/way-out";
import type { Dial, Origin } from "./dial.ts";
import type { AnswerSink, UpstreamRequest } from "./pools.ts";
import { resetCodes } from "../node-http2.ts";
import { type Session, startSession } from "./session.ts";

/** The HTTP/2 side of one origin: its sessions, and whether it speaks HTTP/2 at all. */
export interface OriginSessions {
  /** Sends over HTTP/2, on a new connection if need be. `false`: the origin chose HTTP/1.1. @throws UpstreamFailure */
  send(request: UpstreamRequest, sink: AnswerSink): Promise<boolean>;
  retire(): void;
  cut(): void;
}

const mostSessions = 16;
/** How long an origin that chose HTTP/1.1 is believed to speak that alone. */
const believedMs = 600_000;

export function createOriginSessions(options: {
  readonly origin: Origin;
  readonly dial: Dial;
  readonly answerTimeoutMs: number;
  /** Gets a connection that chose HTTP/1.1 and was not used yet. */
  readonly onHttp1: (socket: Socket) => void;
}): OriginSessions {
  const sessions = new Set<Session>();
  let dialling: Promise<void> | undefined;
  let http1Until = 0;
  let cuts = 0;

  // The first with room; if there may be no more connections, the least busy, where it waits for its turn.
  function pick(): Session | undefined {
    const open = [...sessions].filter(({ isOpen }) => isOpen);
    const free = open.find(({ hasRoom }) => hasRoom);
    return free ?? (open.length < mostSessions ? undefined : open.reduce((least, other) => other.streams < least.streams ? other : least));
  }

  async function open(): Promise<void> {
    const cutsBefore = cuts;
    const socket = await options.dial(options.origin, ["h2", "http/1.1"]);
    socket.on("error", () => {});
    if (cuts !== cutsBefore) {
      socket.destroy();
      throw new UpstreamFailure("upstream-broken");
    }
    if ("alpnProtocol" in socket && socket.alpnProtocol === "h2") {
      const session: Session = startSession(socket, { answerTimeoutMs: options.answerTimeoutMs, onClose: () => sessions.delete(session) });
      sessions.add(session);
    } else {
      http1Until = performance.now() + believedMs;
      options.onHttp1(socket);
    }
  }

  async function send(request: UpstreamRequest, sink: AnswerSink, attempts: number): Promise<boolean> {
    for (;;) {
      if (performance.now() < http1Until) return false;
      const session = pick();
      if (session !== undefined) {
        session.send(request, request.body === null && attempts === 0 ? again(sink, () => void retry(request, sink)) : sink);
        return true;
      }
      const settling = [...sessions].find(({ isOpen, settling }) => isOpen && settling !== undefined)?.settling;
      if (settling !== undefined) {
        await settling;
        continue;
      }
      dialling ??= open().finally(() => void (dialling = undefined));
      await dialling;
    }
  }

  // What an upstream refuses was not looked at (RFC 9113 8.7), so it may be sent once more.
  async function retry(request: UpstreamRequest, sink: AnswerSink): Promise<void> {
    try {
      if (!await send(request, sink, 1)) sink.fail(new UpstreamFailure("upstream-broken"));
    } catch (error) {
      sink.fail(toFailure(error));
    }
  }

  return {
    send: (request, sink) => send(request, sink, 0),
    retire() {
      for (const session of sessions) session.retire();
    },
    cut() {
      cuts += 1;
      for (const session of sessions) session.cut();
      sessions.clear();
    },
  };
}

// A sink that calls back instead of failing when the upstream refused the stream unread.
function again(sink: AnswerSink, onRefused: () => void): AnswerSink {
  let isStarted = false;
  return {
    begin: (control) => sink.begin(control),
    start(status, statusText, headers) {
      isStarted = true;
      sink.start(status, statusText, headers);
    },
    data: (chunk) => sink.data(chunk),
    sent: (bytes) => sink.sent(bytes),
    end: (trailers) => sink.end(trailers),
    fail: (failure) => !isStarted && failure.resetCode === resetCodes.refused ? onRefused() : sink.fail(failure),
  };
}
