/** Why an agent's program cannot be used. */
export type AgentsErrorCode = "install-failed" | "kind-unknown" | "target-unsupported";

/** A refusal or failure the operator can read: what happened, with which value, and what to do next. */
export class AgentsError extends Error {
  override readonly name = "AgentsError";
  readonly code: AgentsErrorCode;
  /** What to do next, in a sentence. */
  readonly mend: string;

  constructor(code: AgentsErrorCode, message: string, options: { readonly mend: string; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.mend = options.mend;
  }
}
