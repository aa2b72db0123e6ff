/** Why the proxy could not do what its owner asked. */
export type EgressErrorCode = "authority-unusable" | "listen-failed" | "policy-invalid";

/** A failure for the proxy's owner; what its clients get are answers, never this. */
export class EgressError extends Error {
  override readonly name = "EgressError";
  readonly code: EgressErrorCode;

  constructor(code: EgressErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
