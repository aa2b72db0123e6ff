/** Why sidecars did not start or did not answer. */
export type SidecarsErrorCode = "start-failed" | "control-failed" | "path-too-long" | "audit-failed" | "grants-failed";

/** A failure of the sidecars, for the operator. */
export class SidecarsError extends Error {
  override readonly name = "SidecarsError";
  readonly code: SidecarsErrorCode;

  constructor(code: SidecarsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
