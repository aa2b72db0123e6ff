/** Why there is no engine to test on. */
export type DockerEngineErrorCode = "base-failed" | "engine-failed" | "engine-missing" | "folder-foreign" | "lock-busy" | "program-failed";

/** What is in the way of a test on a real engine, and the command that mends it. */
export class DockerEngineError extends Error {
  override readonly name = "DockerEngineError";
  readonly code: DockerEngineErrorCode;

  constructor(code: DockerEngineErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
