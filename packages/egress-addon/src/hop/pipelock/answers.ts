import { UpstreamFailure } from "@bottle/way-out";
import type { Origin } from "../../upstream/dial.ts";
import type { AnswerControl, AnswerSink, Upstreams } from "../../upstream/pools.ts";

const blocked = Buffer.from("blocked: ");
const nothing = Buffer.alloc(0);

/**
 * Upstreams behind a pipelock: its own answers inside an intercepted tunnel (v2.3: 403, `text/plain`, `blocked: …`) become a failure, so that the
 * client gets this proxy's denial and none of pipelock's words. An upstream that says the same is taken for pipelock; it only refuses itself by it.
 * Where pipelock reads along, nothing compressed is asked for: it blocks what it cannot read.
 */
export function behindPipelock(upstreams: Upstreams, isThrough: (origin: Origin) => boolean): Upstreams {
  return {
    send(request, sink) {
      if (!isThrough(request.origin)) return upstreams.send(request, sink);
      upstreams.send({ ...request, headers: uncompressed(request.headers) }, recognise(sink));
    },
    cut: () => upstreams.cut(),
    [Symbol.asyncDispose]: () => upstreams[Symbol.asyncDispose](),
  };
}

function uncompressed(headers: readonly string[]): string[] {
  const kept = headers.filter((_, index) => headers[index - index % 2]?.toLowerCase() !== "accept-encoding");
  return [...kept, "Accept-Encoding", "identity"];
}

function recognise(sink: AnswerSink): AnswerSink {
  let control: AnswerControl | undefined;
  let pass: (() => void) | undefined;
  let begun: Buffer = nothing;
  let isRefused = false;
  const passOn = (): void => {
    pass?.();
    pass = undefined;
    if (begun.length > 0) sink.data(begun);
    begun = nothing;
  };
  return {
    begin(steering) {
      control = steering;
      sink.begin(steering);
    },
    start(status, statusText, headers) {
      if (status === 403 && isPlainText(headers)) pass = () => sink.start(status, statusText, headers);
      else sink.start(status, statusText, headers);
    },
    data(chunk) {
      if (isRefused) return;
      if (pass === undefined) return sink.data(chunk);
      begun = Buffer.concat([begun, chunk]);
      const compared = Math.min(begun.length, blocked.length);
      if (begun.compare(blocked, 0, compared, 0, compared) !== 0) return passOn();
      if (begun.length < blocked.length) return;
      isRefused = true;
      sink.fail(new UpstreamFailure("pipelock-blocked"));
      control?.abort();
    },
    sent: (bytes) => sink.sent(bytes),
    end(trailers) {
      if (isRefused) return;
      passOn();
      sink.end(trailers);
    },
    fail(failure) {
      if (!isRefused) sink.fail(failure);
    },
  };
}

function isPlainText(headers: readonly string[]): boolean {
  return headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === "content-type" && /^text\/plain\b/i.test(headers[index + 1] ?? ""));
}
