import type { Readable } from "node:stream";
import type { Socket } from "node:net";
import type { RequestFraming } from "./write-head.ts";

/** A request's content on its way to an upstream. */
export interface Upload {
  /** Whether all of it was written. */
  readonly isComplete: boolean;
  /** The connection takes more. */
  drained(): void;
  /** No more is sent; what is left of the body is not read. */
  stop(): void;
}

/**
 * Writes a body at the connection's pace. `broken` is called if it ends early, or is not as long as was said: the upstream
 * must not take the next request for the rest of it.
 */
export function upload(socket: Socket, body: Readable, options: {
  readonly framing: RequestFraming;
  readonly trailers: () => readonly string[];
  readonly onSent: (bytes: number) => void;
  readonly broken: () => void;
}): Upload {
  const { framing } = options;
  const isChunked = framing.kind === "chunked";
  let left = framing.kind === "length" ? framing.bytes : 0;
  let isComplete = false;
  let isStopped = false;
  const fail = (): void => {
    if (isStopped || isComplete) return;
    isStopped = true;
    options.broken();
  };
  const write = (chunk: Buffer): boolean => {
    if (!isChunked) return socket.write(chunk);
    socket.cork();
    socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
    socket.write(chunk);
    const isReady = socket.write("\r\n", "latin1");
    socket.uncork();
    return isReady;
  };
  body.on("data", (chunk: Buffer) => {
    if (isStopped || chunk.length === 0) return;
    left -= isChunked ? 0 : chunk.length;
    if (left < 0) return fail();
    options.onSent(chunk.length);
    if (!write(chunk)) body.pause();
  });
  body.once("end", () => {
    if (isStopped) return;
    const last = left === 0 ? lastOf(options.trailers) : undefined;
    if (last === undefined) return fail();
    isComplete = true;
    if (isChunked) socket.write(last, "latin1");
  });
  body.once("close", fail);
  body.on("error", fail);
  return {
    get isComplete() {
      return isComplete;
    },
    drained: () => void body.resume(),
    stop() {
      isStopped = true;
      body.destroy();
    },
  };
}

// The last chunk with the trailers after it; `undefined` if they cannot be told.
function lastOf(trailers: () => readonly string[]): string | undefined {
  try {
    return `0\r\n${lines(trailers())}\r\n`;
  } catch {
    return undefined;
  }
}

// What passes has the form of a field already; what has not is left out, since the connection would be read otherwise.
function lines(trailers: readonly string[]): string {
  let text = "";
  for (let at = 0; at < trailers.length; at += 2) {
    const line = `${trailers[at] ?? ""}: ${trailers[at + 1] ?? ""}\r\n`;
    if (/^[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n$/.test(line)) text += line;
  }
  return text;
}
