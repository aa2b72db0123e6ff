import type { Readable } from "node:stream";

/** Reads text up to a line that matches, and leaves the rest of the stream to the next reader; or to the end. */
export async function readUntil(stream: Readable | null, last: RegExp): Promise<string> {
  if (!stream) return "";
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  const onData = (chunk: Buffer): void => {
    text += chunk.toString();
    if (text.endsWith("\n") && last.test(text.trimEnd().split("\n").at(-1) ?? "")) done();
  };
  const done = (): void => {
    stream.off("data", onData).off("end", done).off("error", done).pause();
    resolve(text);
  };
  // A stream that was left to the next reader flows only when told to.
  stream.on("data", onData).once("end", done).once("error", done).resume();
  return await promise;
}
