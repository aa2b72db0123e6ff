import type { IncomingMessage } from "node:http";
import { request as httpRequest } from "../node-http.ts";
import { formatAuthority } from "../policy/host.ts";
import type { Dial } from "./dial.ts";
import { toFailure, UpstreamFailure } from "./failure.ts";
import type { AnswerSink, UpstreamRequest } from "./pools.ts";

/**
 * Sends a request that announced trailers over HTTP/1.1, on a connection of its own: undici sends none. Its body goes in chunks,
 * since only they have a place for trailers (RFC 9112 7.1.2).
 */
export async function sendWithTrailers(options: { readonly dial: Dial; readonly answerTimeoutMs: number }, sent: UpstreamRequest, sink: AnswerSink): Promise<void> {
  const { body, origin, trailers } = sent;
  let isOver = false;
  let stop = (): void => {};
  const fail = (error: unknown): void => {
    if (isOver) return;
    isOver = true;
    body?.destroy();
    sink.fail(toFailure(error));
  };
  let answer: IncomingMessage | undefined;
  sink.begin({
    pause: () => answer?.pause(),
    resume: () => answer?.resume(),
    abort: () => {
      isOver = true;
      stop();
    },
  });
  try {
    const socket = await options.dial(origin);
    socket.on("error", fail);
    if (isOver) return void socket.destroy();
    const request = httpRequest({
      method: sent.method, path: sent.path, headers: headersOf(sent), setHost: false, maxHeaderSize: 64 * 1024, createConnection: () => socket,
    });
    stop = () => void request.destroy();
    const late = setTimeout(() => request.destroy(new UpstreamFailure("upstream-timeout")), options.answerTimeoutMs);
    request.once("close", () => {
      clearTimeout(late);
      socket.destroy();
      fail(new UpstreamFailure("upstream-broken"));
    });
    request.on("error", fail);
    request.once("response", (response) => {
      clearTimeout(late);
      answer = response;
      pass(response, sink, { isOver: () => isOver, fail, finish: () => void (isOver = true) });
    });
    body?.on("data", (chunk: Buffer) => sink.sent(chunk.length));
    body?.once("close", () => {
      if (!body.readableEnded) request.destroy();
    });
    body?.once("end", () => {
      request.addTrailers(pairsOf(trailers.read()));
      request.end();
    });
    body?.pipe(request, { end: false });
    if (body === null) request.end();
  } catch (error) {
    fail(error);
  }
}

function pass(response: IncomingMessage, sink: AnswerSink, state: { isOver(): boolean; fail(error: unknown): void; finish(): void }): void {
  sink.start(response.statusCode ?? 0, response.statusMessage ?? "", response.rawHeaders);
  response.on("data", (chunk: Buffer) => {
    if (!state.isOver()) sink.data(chunk);
  });
  response.on("error", state.fail);
  response.once("end", () => {
    if (state.isOver() || !response.complete) return;
    state.finish();
    sink.end(response.rawTrailers);
  });
}

function headersOf({ origin, headers, trailers }: UpstreamRequest): string[] {
  const framed = headers.filter((_, index) => headers[index - index % 2]?.toLowerCase() !== "content-length");
  const host = formatAuthority(origin.host, origin.port, origin.secure ? 443 : 80);
  return ["Host", host, ...framed, "Trailer", trailers.announced.join(", "), "Transfer-Encoding", "chunked", "Connection", "close"];
}

function pairsOf(fields: readonly string[]): [string, string][] {
  return fields.flatMap((name, index): [string, string][] => index % 2 === 0 ? [[name, fields[index + 1] ?? ""]] : []);
}
