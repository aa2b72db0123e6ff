/** Why supervise could not start, or an order about a proposal was not carried out. */
export type SuperviseErrorCode =
  /** The options do not go together. */
  | "option-invalid"
  | "listen-failed"
  /** The queue cannot be read or written; nothing was changed. */
  | "queue-failed"
  | "proposal-unknown"
  /** What is asked is not what was shown. */
  | "proposal-changed"
  /** Somebody, or time, was first. */
  | "proposal-decided"
  /** Nobody waits to hear what became of it. */
  | "proposal-not-approved"
  /** What the operator said cannot be said of this proposal. */
  | "decision-invalid";

/** A failure of the operator's side: what happened, with which value, and what to do next. */
export class SuperviseError extends Error {
  override readonly name = "SuperviseError";
  readonly code: SuperviseErrorCode;

  constructor(code: SuperviseErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
