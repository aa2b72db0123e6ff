import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, statSync } from "node:fs";
import { StandaloneError } from "../errors.ts";
import { jsonLine } from "../visible.ts";
import { createRedact } from "./redact.ts";
import { writeWhole } from "./write-whole.ts";

/** Where lines go. */
export type AuditTarget = "stdout" | { readonly file: string };

/** One line of the audit log, without its time. */
export interface AuditEntry {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Where everything is recorded: one JSON object a line. */
export interface AuditLog extends Disposable {
  /** Writes one line before it returns. @throws StandaloneError `audit-failed`; then nothing may pass any more */
  append(entry: AuditEntry): void;
  /** Opens the file anew. @throws StandaloneError `audit-failed`; the old one stays open */
  reopen(): void;
}

const lookEveryMs = 1_000;
const lineFeed = 0x0a;

/**
 * Opens the log. A file is made with mode 0600 and only ever appended to; one that was moved away or removed is made anew within
 * a second, so that rotation needs no signal.
 * @param options.secrets values that must not be in a line, whoever put them into a path
 * @throws StandaloneError `audit-failed`
 */
export function openAuditLog(target: AuditTarget, options: { readonly secrets: () => readonly string[]; readonly now: () => Date }): AuditLog {
  const redact = createRedact(options.secrets);
  let fd = open(target);
  let lookedAt = performance.now();
  const reopen = (): void => {
    const fresh = open(target);
    close(fd, target);
    fd = fresh;
  };
  return {
    append(entry) {
      if (target !== "stdout" && performance.now() - lookedAt > lookEveryMs) {
        lookedAt = performance.now();
        if (isMoved(fd, target.file)) reopen();
      }
      write(fd, `${jsonLine(redact({ time: options.now().toISOString(), ...entry }))}\n`, target);
    },
    reopen,
    [Symbol.dispose]: () => close(fd, target),
  };
}

function open(target: AuditTarget): number {
  if (target === "stdout") return 1;
  try {
    const fd = openSync(target.file, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
    if (endsInMidLine(fd)) writeWhole(fd, Buffer.of(lineFeed));
    return fd;
  } catch (cause) {
    throw failed(target, cause);
  }
}

function close(fd: number, target: AuditTarget): void {
  if (target !== "stdout") closeSync(fd);
}

// Half a line, left by a kill in mid-write, must not spoil the next one.
function endsInMidLine(fd: number): boolean {
  const stat = fstatSync(fd);
  if (!stat.isFile() || stat.size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, stat.size - 1);
  return last[0] !== lineFeed;
}

function isMoved(fd: number, file: string): boolean {
  const here = statSync(file, { throwIfNoEntry: false });
  const opened = fstatSync(fd);
  return here === undefined || here.ino !== opened.ino || here.dev !== opened.dev;
}

function write(fd: number, line: string, target: AuditTarget): void {
  const before = fstatSync(fd);
  try {
    writeWhole(fd, Buffer.from(line));
  } catch (cause) {
    // A disk that is full takes half a line.
    if (before.isFile() && target !== "stdout") truncate(fd, before.size);
    throw failed(target, cause);
  }
}

function truncate(fd: number, size: number): void {
  try {
    ftruncateSync(fd, size);
  } catch {
    // An append-only file (chattr +a) keeps it; the next start ends the line.
  }
}

function failed(target: AuditTarget, cause: unknown): StandaloneError {
  const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  const where = target === "stdout" ? "standard output" : target.file;
  return new StandaloneError("audit-failed", `The audit log cannot be written to ${where}: ${why}.`, { cause, mend: "Nothing leaves unrecorded. Make room, or mend the path or its permissions." });
}
