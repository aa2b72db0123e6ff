/** Why the proxy could not start, or why a candidate policy was refused. */
export type EgressErrorCode =
  | "authority-failed"
  | "authority-unsafe"
  | "listen-failed"
  | "option-invalid"
  | "pipelock-failed"
  | "pipelock-reload-refused"
  | "policy-invalid"
  | "stopped";

/** A failure of the operator's side: what happened, with which value, and what to do next. Never carries a credential. */
export class EgressError extends Error {
  override readonly name = "EgressError";
  readonly code: EgressErrorCode;

  constructor(code: EgressErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
