import type { Place } from "../model.ts";
import { indexText } from "./position.ts";

/** Text of bytes, or the place of the first byte that is not UTF-8. A byte order mark is dropped. */
export type Decoded = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly place: Place };

/** Decodes UTF-8 (RFC 3629), strictly; a string must be well-formed UTF-16. */
export function decode(source: string | Uint8Array): Decoded {
  if (typeof source === "string") return decodeString(source);
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(source) };
  } catch {
    // Streaming, so that a character that is cut short by the prefix is left out and not replaced.
    const good = new TextDecoder().decode(source.subarray(0, validPrefix(source)), { stream: true });
    return { ok: false, place: indexText(good).placeOf(good.length) };
  }
}

function decodeString(source: string): Decoded {
  const text = source.startsWith("\ufeff") ? source.slice(1) : source;
  const lone = text.isWellFormed() ? -1 : text.search(/\p{Surrogate}/u);
  return lone === -1 ? { ok: true, text } : { ok: false, place: indexText(text).placeOf(lone) };
}

// Halving, since a decoder does not tell where it failed.
function validPrefix(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isPrefixValid(bytes.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function isPrefixValid(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
