import type { Problem } from "./config/problem.ts";

/** Exit statuses of the programs. */
export const exitStatus = { ok: 0, refused: 1, usage: 2, start: 3, internal: 70 } as const;

/** What a program can fail with, and the status it ends with then. */
const statusOf = {
  "audit-failed": exitStatus.start,
  "config-invalid": exitStatus.usage,
  "config-unreadable": exitStatus.usage,
  "config-unsafe": exitStatus.usage,
  "control-refused": exitStatus.refused,
  "control-unreachable": exitStatus.start,
  "file-unreadable": exitStatus.start,
  "file-unsafe": exitStatus.start,
  "operator-failed": exitStatus.start,
  "password-missing": exitStatus.start,
  "secret-missing": exitStatus.start,
  "usage": exitStatus.usage,
} as const;

/** The stable code of a failure. */
export type StandaloneErrorCode = keyof typeof statusOf;

/** Something the operator can mend: what happened, with which value, and what to do next. Never carries a secret. */
export class StandaloneError extends Error {
  override readonly name = "StandaloneError";
  readonly code: StandaloneErrorCode;
  readonly mend: string | undefined;
  readonly problems: readonly Problem[];

  constructor(code: StandaloneErrorCode, message: string, options: { readonly cause?: unknown; readonly mend?: string; readonly problems?: readonly Problem[] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.mend = options.mend;
    this.problems = options.problems ?? [];
  }

  /** The exit status of a program that ends with it. */
  get status(): number {
    return statusOf[this.code];
  }
}
