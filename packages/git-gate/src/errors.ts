/** Why a gate could not start, or could not take other repositories. */
export type GateErrorCode = "option-invalid" | "git-missing" | "gitleaks-missing" | "listen-failed" | "repository-failed" | "stopped";

/** A failure of the operator's side: what happened, with which value, and what to do next. */
export class GateError extends Error {
  override readonly name = "GateError";
  readonly code: GateErrorCode;

  constructor(code: GateErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
