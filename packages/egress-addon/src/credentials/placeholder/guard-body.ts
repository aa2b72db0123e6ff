import { Transform } from "node:stream";
import type { Placeholders } from "./compile-placeholders.ts";
import { needlesOf, openEnd } from "./find-placeholders.ts";

/** Passes a body on as long as no placeholder is in it; at the first, calls `onFound` and ends with an error, before any of it has left. */
export function guardStream(placeholders: Placeholders, onFound: () => void): Transform {
  const needles = needlesOf(placeholders).map(({ bytes }) => bytes);
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      if (needles.some((needle) => bytes.includes(needle))) {
        onFound();
        return done(new Error("A placeholder was found."));
      }
      const open = openEnd(bytes, needles);
      held = bytes.subarray(bytes.length - open);
      if (bytes.length > open) this.push(bytes.subarray(0, bytes.length - open));
      done();
    },
    flush(done) {
      if (held.length > 0) this.push(held);
      done();
    },
  });
}
