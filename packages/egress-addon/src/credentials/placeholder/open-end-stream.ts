import { Transform } from "node:stream";
import { openEnd } from "./find-placeholders.ts";

/**
 * Passes bytes on and holds back the end that may be the beginning of a needle, so that one cut over chunks is seen whole.
 * @param take is given what has come and is still here, may `push` some of it itself, and answers what of the rest may go on, or an
 * error that ends the stream
 */
export function openEndStream(needles: readonly Buffer[], take: (bytes: Buffer, push: (part: Buffer) => void) => Buffer | Error): Transform {
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const rest = take(held.length === 0 ? chunk : Buffer.concat([held, chunk]), (part) => this.push(part));
      if (rest instanceof Error) return done(rest);
      const open = openEnd(rest, needles);
      held = rest.subarray(rest.length - open);
      if (rest.length > open) this.push(rest.subarray(0, rest.length - open));
      done();
    },
    flush(done) {
      if (held.length > 0) this.push(held);
      done();
    },
  });
}
