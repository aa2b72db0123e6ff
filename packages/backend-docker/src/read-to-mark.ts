import type { Readable } from "node:stream";

/** What came before a mark, and the rest of its line; that is absent if the stream ended without it. */
export interface Marked {
  readonly before: Buffer;
  readonly after?: string;
}

/** Reads up to a line that is `mark`, a blank and something, and leaves what follows to the next reader. */
export async function readToMark(stream: Readable, mark: string): Promise<Marked> {
  const { promise, resolve } = Promise.withResolvers<Marked>();
  const sought = `\n${mark} `;
  let read: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    read = Buffer.concat([read, chunk]);
    const start = read.indexOf(sought);
    const end = start === -1 ? -1 : read.indexOf("\n", start + sought.length);
    if (end === -1) return;
    stop();
    if (end + 1 < read.length) stream.unshift(read.subarray(end + 1));
    resolve({ before: read.subarray(0, start), after: read.toString("latin1", start + sought.length, end) });
  };
  const onEnd = (): void => {
    stop();
    resolve({ before: read });
  };
  const stop = (): void => void stream.off("data", onData).off("end", onEnd).off("error", onEnd).off("close", onEnd).pause();
  if (stream.readableEnded || stream.destroyed) return { before: read };
  // A stream that was left to the next reader flows only when told to.
  stream.on("data", onData).once("end", onEnd).once("error", onEnd).once("close", onEnd).resume();
  return await promise;
}
