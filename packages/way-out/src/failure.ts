/** What went wrong towards an upstream, as a reason that may be told to whoever asked. */
export type UpstreamReason =
  | "address-forbidden" | "own-listener" | "name-not-found"
  | "upstream-unreachable" | "upstream-untrusted" | "upstream-broken" | "upstream-timeout"
  | "hop-refused" | "hop-unreachable" | "pipelock-blocked";

/** A failure towards an upstream. Its cause may name addresses, so only the reason is ever passed on. */
export class UpstreamFailure extends Error {
  override readonly name = "UpstreamFailure";
  readonly reason: UpstreamReason;
  /** The code of the RST_STREAM that an HTTP/2 upstream ended the answer with (RFC 9113 7). */
  readonly resetCode?: number;

  constructor(reason: UpstreamReason, cause?: unknown, resetCode?: number) {
    super(reason, { cause });
    this.reason = reason;
    if (resetCode !== undefined) this.resetCode = resetCode;
  }
}

const unreachable = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL", "EHOSTDOWN"]);
const untrusted = /^(?:ERR_TLS_CERT_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH_|ERR_SSL_)/;

/** Maps whatever Node threw to a reason. */
export function toFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  if (error instanceof AggregateError && error.errors.length > 0) return toFailure(error.errors[0]);
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ETIMEDOUT") return new UpstreamFailure("upstream-timeout", error);
  if (unreachable.has(code)) return new UpstreamFailure("upstream-unreachable", error);
  if (untrusted.test(code)) return new UpstreamFailure("upstream-untrusted", error);
  return new UpstreamFailure("upstream-broken", error);
}
