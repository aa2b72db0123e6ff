import type { UpstreamReason } from "@bottle/way-out";
import type { RefusalReason } from "../policy/refusals.ts";

const beforeSending: ReadonlySet<UpstreamReason> = new Set(["address-forbidden", "own-listener", "name-not-found"]);

/** Whether a request that failed so was not even connected for. */
export function isUnsent(reason: RefusalReason): boolean {
  return (beforeSending as ReadonlySet<RefusalReason>).has(reason);
}
