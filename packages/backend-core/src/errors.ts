/** Why a backend refused or failed. */
export type BottleErrorCode =
  | "backend-unavailable"
  | "backend-unknown"
  | "credential-missing"
  | "exec-failed"
  | "identity-invalid"
  | "identity-unknown"
  | "isolation-too-weak"
  | "launch-failed"
  | "not-running"
  | "path-too-long"
  | "self-check-failed"
  | "spec-invalid"
  | "state-exists"
  | "state-open"
  | "state-unreadable"
  | "workspace-failed";

/** A refusal or failure the operator can read: what happened, with which value, and what to do next. */
export class BottleError extends Error {
  override readonly name = "BottleError";
  readonly code: BottleErrorCode;
  /** What to do next, in a sentence or a command. */
  readonly mend: string;

  constructor(code: BottleErrorCode, message: string, options: { readonly mend: string; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.mend = options.mend;
  }
}
