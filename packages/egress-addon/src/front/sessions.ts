import type { ServerHttp2Session, ServerHttp2Stream, ServerSessionOptions } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { Exchange } from "../exchange/answer.ts";
import { readStreamHead } from "../exchange/stream-head.ts";
import { http2, resetCodes } from "../node-http2.ts";
import type { Connections } from "./connections.ts";
import { StreamRequest } from "./stream-request.ts";
import { StreamResponse } from "./stream-response.ts";

/** HTTP/2 towards clients (RFC 9113). */
export interface FrontSessions {
  /** Serves a decrypted connection that chose `h2`. */
  serve(socket: TLSSocket): void;
}

const endStream = 0x1;
/** How long a client may take to close after a GOAWAY. */
const lingerMs = 2_000;
/** PINGs and SETTINGS that a client may send in ten seconds; no client needs a tenth of it. */
const mostControlFrames = 400;

// No push, no extended CONNECT (RFC 8441). A stream's window is what one that is not read may hold in memory.
const sessionOptions: ServerSessionOptions = {
  settings: { maxConcurrentStreams: 100, maxHeaderListSize: 64 * 1024, initialWindowSize: 128 * 1024, enablePush: false, enableConnectProtocol: false, headerTableSize: 4_096 },
  maxHeaderListPairs: 512, maxSessionMemory: 16, maxSettings: 32, maxOutstandingPings: 10,
  // Rapid reset (CVE-2023-44487): so many resets at once, and so many more a second, then GOAWAY.
  streamResetBurst: 200, streamResetRate: 50,
  // Frames that are wrong or empty, and streams over the limit: then the connection ends.
  maxSessionInvalidFrames: 100, maxSessionRejectedStreams: 100,
  strictSingleValueFields: false,
};

/** Sessions with at most `maxStreams` streams over all connections; each stream is one exchange. */
export function createFrontSessions(options: {
  readonly headMs: number;
  readonly idleMs: number;
  readonly connections: Pick<Connections, "began" | "ended">;
  readonly maxStreams: number;
  readonly answer: (exchange: Exchange) => void;
}): FrontSessions {
  let open = 0;
  return {
    serve(socket) {
      // Node clears this mark on the sockets of its own TLS servers alone, and waits for it.
      Object.assign(socket, { secureConnecting: false });
      const session = http2().performServerHandshake(socket, sessionOptions);
      session.on("error", () => session.destroy(undefined, resetCodes.cancel));
      // It came from a server that lets clients close their side alone, as HTTP/1.1 does.
      socket.once("end", () => socket.destroy());
      limitControlFrames(session);
      const lifetime = limitIdle(session, socket, options);
      session.on("stream", (stream, _headers, flags, fields: readonly string[] = []) => {
        stream.on("error", () => {});
        if (open >= options.maxStreams) return stream.close(resetCodes.refused);
        open += 1;
        options.connections.began(socket);
        lifetime.opened();
        stream.once("close", () => {
          open -= 1;
          options.connections.ended(socket);
          lifetime.closed();
        });
        guarded(stream, () => options.answer(toExchange(stream, { fields, socket, hasContent: (flags & endStream) === 0 })));
      });
    },
  };
}

function toExchange(stream: ServerHttp2Stream, from: { readonly fields: readonly string[]; readonly socket: TLSSocket; readonly hasContent: boolean }): Exchange {
  const head = readStreamHead(from.fields);
  const request = new StreamRequest(stream, { head, socket: from.socket, hasContent: from.hasContent });
  const expectsContinue = head.headers.some((name, index) => index % 2 === 0 && name === "expect" && head.headers[index + 1]?.toLowerCase() === "100-continue");
  return { request, response: new StreamResponse(stream, request), target: head.target, expectsContinue, ...(head.malformed === undefined ? {} : { malformed: head.malformed }) };
}

// The first request must come within the head's time; a session without requests is closed as an idle HTTP/1.1 connection is.
function limitIdle(session: ServerHttp2Session, socket: TLSSocket, { headMs, idleMs }: { readonly headMs: number; readonly idleMs: number }): { opened(): void; closed(): void } {
  let streams = 0;
  const expire = (): void => {
    session.close();
    timer = setTimeout(() => socket.destroy(), lingerMs);
  };
  let timer = setTimeout(expire, headMs);
  socket.once("close", () => clearTimeout(timer));
  return {
    opened() {
      streams += 1;
      clearTimeout(timer);
    },
    closed() {
      streams -= 1;
      if (streams === 0 && !session.destroyed) timer = setTimeout(expire, idleMs);
    },
  };
}

function limitControlFrames(session: ServerHttp2Session): void {
  let since = performance.now();
  let count = 0;
  const onFrame = (): void => {
    const now = performance.now();
    if (now - since > 10_000) {
      since = now;
      count = 0;
    }
    count += 1;
    if (count > mostControlFrames) session.destroy(undefined, resetCodes.calm);
  };
  session.on("ping", onFrame);
  session.on("remoteSettings", onFrame);
}

// Node calls this from an event, where a throw would end the process.
function guarded(stream: ServerHttp2Stream, run: () => void): void {
  try {
    run();
  } catch {
    stream.close(resetCodes.internal);
  }
}
