import type { Transform } from "node:stream";
import type { Placeholders } from "./compile-placeholders.ts";
import { needlesOf } from "./find-placeholders.ts";
import { openEndStream } from "./open-end-stream.ts";

/** Passes a body on as long as no placeholder is in it; at the first, calls `onFound` and ends with an error, before any of it has left. */
export function guardStream(placeholders: Placeholders, onFound: () => void): Transform {
  const needles = needlesOf(placeholders).map(({ bytes }) => bytes);
  return openEndStream(needles, (bytes) => {
    if (!needles.some((needle) => bytes.includes(needle))) return bytes;
    onFound();
    return new Error("A placeholder was found.");
  });
}
