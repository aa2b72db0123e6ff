import type { Budget } from "../limits.ts";
import { mayBeBrotli } from "./brotli.ts";
import { mayBeDeflate } from "./deflate.ts";
import { inflateBrotli, inflateRaw } from "./inflate.ts";
import type { Content } from "./open.ts";

/** What bytes without any mark inflate to, as raw deflate or (`withBrotli`) brotli; undefined if to nothing. */
export function openUnmarked(bytes: Uint8Array, budget: Budget, withBrotli: boolean): Content | "archive-too-large" | undefined {
  const most = budget.inflation(bytes.length);
  if (mayBeDeflate(bytes)) {
    const raw = inflateRaw(bytes, most);
    if (raw === "too-large") return "archive-too-large";
    if (raw !== "damaged" && raw.bytes.length > 0) return { kind: "deflate", name: undefined, bytes: raw.bytes };
  }
  if (!withBrotli || !mayBeBrotli(bytes)) return undefined;
  const brotli = inflateBrotli(bytes, most);
  if (brotli === "too-large") return "archive-too-large";
  return brotli === "damaged" || brotli.bytes.length === 0 ? undefined : { kind: "br", name: undefined, bytes: brotli.bytes };
}
