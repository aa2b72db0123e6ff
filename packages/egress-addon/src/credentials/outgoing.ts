import type { Readable } from "node:stream";
import type { RefusalReason } from "../policy/refusals.ts";

/** A request as it will go out. */
export interface Outgoing {
  readonly headers: readonly string[];
  /** Present if the path is not the one that came: a stand-in in it has been replaced. */
  readonly path?: string;
  /** The query with its `?`, or empty. */
  readonly query: string;
  /** Every spelling of the credential that must not come back. */
  readonly secrets: readonly string[];
  /** Whether a compressed answer, in which the credential could not be found, may come back. Only where losing it gives nothing away. */
  readonly mayBeEncoded?: boolean;
  /** What has to be done with the body before or while it goes out. Absent: it goes as it is, with `headers`. */
  readonly prepare?: Prepare;
}

/** A request's headers and body, ready for the upstream. */
export interface Prepared {
  readonly headers: readonly string[];
  readonly body: Readable | null;
}

/**
 * Prepares a body. `refuse` may be called at any time, also after the answer: the rest of the body then never leaves.
 * @returns `undefined` if it was refused already
 */
export type Prepare = (body: Readable | null, refuse: (reason: RefusalReason) => void) => Promise<Prepared | undefined>;

/** Headers without some names, given in lower case. */
export function withoutHeaders(headers: readonly string[], names: readonly string[]): string[] {
  return headers.filter((_, index) => !names.includes((headers[index - index % 2] ?? "").toLowerCase()));
}
