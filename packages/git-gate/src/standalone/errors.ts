import { GateError } from "../errors.ts";
import type { Problem } from "./config/problem.ts";

/** Exit statuses of the program. */
export const exitStatus = { ok: 0, usage: 2, start: 3, internal: 70 } as const;

/** What the program can fail with, and the status it ends with then. */
const statusOf = {
  "audit-failed": exitStatus.start,
  "config-invalid": exitStatus.usage,
  "config-unreadable": exitStatus.usage,
  "config-unsafe": exitStatus.usage,
  "file-unreadable": exitStatus.start,
  "file-unsafe": exitStatus.start,
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
}

/** What the operator is told of an error, and the exit status; undefined: a fault of the program's own. */
export function toRefusal(error: unknown): { readonly code: string; readonly message: string; readonly mend: string | undefined; readonly status: number } | undefined {
  if (error instanceof StandaloneError) return { code: error.code, message: error.message, mend: error.mend, status: statusOf[error.code] };
  if (!(error instanceof GateError)) return undefined;
  return { code: error.code, message: error.message, mend: undefined, status: error.code === "option-invalid" ? exitStatus.usage : exitStatus.start };
}
