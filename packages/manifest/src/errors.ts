/** Why bottle's own files were refused. */
export type ManifestErrorCode =
  | "audit-line-invalid"
  | "grants-invalid"
  | "metadata-invalid"
  | "metadata-version"
  | "proposal-invalid"
  | "sidecars-config-invalid"
  | "snapshot-invalid"
  | "snapshot-version"
  | "witness-invalid";

/**
 * A file that bottle itself writes is not what bottle wrote. Messages name the place and what was expected there,
 * never the value found, since such a file may hold credentials.
 */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
  readonly code: ManifestErrorCode;

  constructor(code: ManifestErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
