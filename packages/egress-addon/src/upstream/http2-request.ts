import { type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from "node:http2";
import { formatAuthority, toFailure, UpstreamFailure } from "@bottle/way-out";
import { http2, resetCodes } from "../node-http2.ts";
import type { AnswerSink, UpstreamRequest } from "./pools.ts";

const endStream = 0x1;

/** Sends a request as a stream of an HTTP/2 session; `answerTimeoutMs` is from then to the head of the answer. */
export function sendStream(session: ClientHttp2Session, request: UpstreamRequest, options: { readonly sink: AnswerSink; readonly answerTimeoutMs: number; readonly onTimeout: () => void }): ClientHttp2Stream {
  const { sink } = options;
  const { body } = request;
  // With trailers to wait for, Node does not mark the end of what is cut: `close` ends the body first.
  const stream = session.request(fieldsOf(request), { endStream: body === null, waitForTrailers: body !== null });
  let isOver = false;
  const fail = (failure: UpstreamFailure): void => {
    if (isOver) return;
    isOver = true;
    sink.fail(failure);
  };
  const finish = (trailers: readonly string[]): void => {
    if (isOver) return;
    isOver = true;
    sink.end(trailers);
    // A whole answer ends the exchange, also if not all of the request was wanted (RFC 9113 8.1).
    if (!stream.writableFinished) stream.close(resetCodes.none);
  };
  const late = setTimeout(() => {
    fail(new UpstreamFailure("upstream-timeout"));
    stream.close(resetCodes.cancel);
    options.onTimeout();
  }, options.answerTimeoutMs);
  stream.on("error", () => {});
  stream.once("close", () => {
    clearTimeout(late);
    body?.destroy();
    fail(failureOf(stream));
  });
  sink.begin({
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    abort: () => {
      isOver = true;
      stream.close(resetCodes.cancel);
    },
  });
  if (isOver) return stream;
  receive(stream, { sink, finish, onHead: () => clearTimeout(late), isOver: () => isOver });
  if (body !== null) upload(stream, request, sink);
  return stream;
}

function receive(stream: ClientHttp2Stream, to: {
  readonly sink: AnswerSink;
  readonly finish: (trailers: readonly string[]) => void;
  readonly onHead: () => void;
  readonly isOver: () => boolean;
}): void {
  let trailers: readonly string[] = [];
  let hasHead = false;
  stream.on("response", (headers: IncomingHttpHeaders & IncomingHttpStatusHeader, flags: number, raw: readonly string[] = []) => {
    hasHead = true;
    to.onHead();
    if (to.isOver()) return;
    to.sink.start(headers[":status"] ?? 0, "", raw.filter((_, index) => !raw[index - index % 2]?.startsWith(":")));
    // Told at once, so that a status that ends with its head can be passed on as one.
    if ((flags & endStream) !== 0) to.finish([]);
  });
  stream.on("trailers", (_headers: IncomingHttpHeaders, _flags: number, raw: readonly string[] = []) => void (trailers = raw));
  stream.on("data", (chunk: Buffer) => {
    if (!to.isOver()) to.sink.data(chunk);
  });
  // The end of a stream that was reset, or whose session is gone, looks like any other.
  stream.on("end", () => {
    if (hasHead && stream.rstCode === resetCodes.none && !stream.aborted && !stream.destroyed) to.finish(trailers);
  });
}

function upload(stream: ClientHttp2Stream, request: UpstreamRequest, sink: AnswerSink): void {
  const { body } = request;
  stream.once("wantTrailers", () => {
    if (!stream.destroyed && !stream.closed) stream.sendTrailers(fieldMap(request.trailers.read()));
  });
  body?.on("data", (chunk: Buffer) => sink.sent(chunk.length));
  body?.once("close", () => {
    if (!body.readableEnded && !stream.closed) stream.close(resetCodes.cancel);
  });
  body?.pipe(stream);
}

function failureOf(stream: ClientHttp2Stream): UpstreamFailure {
  const code = stream.rstCode ?? resetCodes.internal;
  return new UpstreamFailure("upstream-broken", undefined, code === resetCodes.none ? resetCodes.internal : code);
}

// Credentials are kept out of the table that the compression of later heads refers to (RFC 7541 7.1.3).
const unindexed = ["authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key", "x-auth-token", "private-token"];

function fieldsOf({ origin, method, path, headers, trailers, http2: wish }: UpstreamRequest): string[] {
  const fields = headers.map((text, index) => index % 2 === 0 ? text.toLowerCase() : text);
  const authority = formatAuthority(origin.host, origin.port, origin.secure ? 443 : 80);
  const all = [":method", method, ":scheme", origin.secure ? "https" : "http", ":authority", authority, ":path", path, ...fields];
  if (trailers.announced.length > 0) all.push("trailer", trailers.announced.join(", "));
  if (wish?.acceptsTrailers) all.push("te", "trailers");
  // Node joins fields by NUL.
  if (all.some((text) => /[\0\r\n]/.test(text))) throw toFailure(new Error("A field of the request cannot be sent."));
  return Object.assign(all, { [http2().sensitiveHeaders]: unindexed });
}

function fieldMap(fields: readonly string[]): Record<string, string[]> {
  const map: Record<string, string[]> = {};
  for (let index = 0; index < fields.length; index += 2) (map[(fields[index] ?? "").toLowerCase()] ??= []).push(fields[index + 1] ?? "");
  return map;
}
