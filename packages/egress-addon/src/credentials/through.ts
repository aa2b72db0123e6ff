import type { Readable, Transform } from "node:stream";

/** A body on its way through a stream. If it breaks off before its end, so does what comes out: it is never completed. */
export function through(body: Readable, stream: Transform): Readable {
  body.once("error", (error) => stream.destroy(error));
  body.once("close", () => {
    if (!body.readableEnded) stream.destroy(new Error("The client went away."));
  });
  stream.on("error", () => {}).once("close", () => body.destroy());
  return body.pipe(stream);
}
