/** Why a request was not answered from the script. */
export type ScriptedModelErrorCode = "body-too-large" | "request-invalid" | "script-exhausted" | "tool-not-offered";

/** A request the script has no answer for. The program gets it as HTTP 400, the test in `problems`. */
export class ScriptedModelError extends Error {
  override readonly name = "ScriptedModelError";
  readonly code: ScriptedModelErrorCode;

  constructor(code: ScriptedModelErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
