import { createHash } from "node:crypto";
import type { AuditEvent, AuditHead, AuditRecord } from "@bottle/manifest";
import { auditStart, formatAuditLine, parseAuditLine } from "@bottle/manifest/state";
import { SidecarsError } from "../errors.ts";
import { openLogFile, type LogFile } from "./log-file.ts";
import { redact } from "./redact.ts";
import { createSeal } from "./seal.ts";

/** The audit log of one bottle: one sequence of hash-chained lines, signed every so often. Disposing signs that it ended in order. */
export interface AuditLog extends Disposable {
  /**
   * The checkpoint it begins with. It is written before the first event and not sooner: a keeper that notes it first never has a log
   * with a key that it does not know.
   */
  readonly head: AuditHead;
  /** Appends one event, known secrets taken out. @throws SidecarsError `audit-failed`; then nothing may pass any more */
  append(event: AuditEvent): void;
  /** Takes a further secret out of what is written from now on. */
  know(secret: string): void;
  /** Tells of every line from now on, once it is written. @returns what ends it */
  follow(onLine: (line: string) => void): () => void;
}

/** How large a log gets, and how often it is signed. */
export interface LogLimits {
  /** Of all its files; what an agent's request brings is refused if it would make them larger. */
  readonly maxBytes: number;
  /** Of one file. */
  readonly maxFileBytes: number;
  /** Without a signature after them there are never more lines than that, and no line for longer. */
  readonly unsignedLines: number;
  readonly unsignedMs: number;
}

/** Options of `openAuditLog`. */
export interface AuditLogOptions extends LogLimits {
  readonly file: string;
  readonly identity: string;
  readonly secrets: readonly string[];
  /** Told of each checkpoint that is written. */
  readonly onSealed?: (head: AuditHead) => void;
  /** Told if a checkpoint that was due could not be written: from then on nothing may pass. */
  readonly onFailed: (error: unknown) => void;
}

// Kept free of what an agent's requests bring, so that what the operator does with a full log is still recorded.
const reservedBytes = 1_048_576;

/**
 * Opens the log and goes on with its chain, with a key of this launch. Writing is synchronous: what is allowed has been recorded
 * before it is answered for.
 * @throws SidecarsError `audit-failed` if the last line is not one of this bottle's
 */
export function openAuditLog(options: AuditLogOptions): AuditLog {
  const { file, identity, maxBytes, unsignedLines, unsignedMs, onFailed, onSealed = () => undefined } = options;
  const secrets = new Set(options.secrets);
  const files = naming(file, () => openLogFile(file, options.maxFileBytes));
  const seal = createSeal();
  const followers = new Set<(line: string) => void>();
  let { seq, prev, hasCrashed } = lastOf(files, options);
  let unsigned = 0;
  let hasBegun = false;
  let timer: NodeJS.Timeout | undefined;
  const first = checkpointAt(next(), false);
  const head = headOf(first);

  function next(): Omit<AuditRecord, "event"> {
    return { seq, time: new Date().toISOString(), identity, prev };
  }

  function checkpointAt(record: Omit<AuditRecord, "event">, isLast: boolean): AuditRecord {
    return { ...record, event: seal.sign(record, { isLast }) };
  }

  function write(record: AuditRecord): void {
    const { event } = record;
    const line = formatAuditLine(record);
    const bytes = Buffer.from(line);
    if (files.totalBytes() + bytes.length + 1 > maxBytes + (isAgents(event) ? 0 : reservedBytes)) {
      throw new SidecarsError("audit-failed", `The audit log ${file} has reached its limit of ${maxBytes} bytes. End the bottle, move its oldest file away, and resume.`);
    }
    naming(file, () => files.append(bytes));
    seq += 1;
    prev = sha256(bytes);
    unsigned += 1;
    for (const onLine of followers) onLine(line);
  }

  function follow(onLine: (line: string) => void): () => void {
    followers.add(onLine);
    return () => void followers.delete(onLine);
  }

  function begin(): void {
    writeCheckpoint(first);
    hasBegun = true;
    if (hasCrashed) append({ type: "lifecycle", event: "crash", detail: "The log was not closed; what ran then had no orderly end." });
  }

  function writeCheckpoint(record: AuditRecord): void {
    clearTimeout(timer);
    timer = undefined;
    // Signing what somebody else made of it would vouch for them.
    if (!files.isOurs()) throw new SidecarsError("audit-failed", `The audit log ${file} is not as it was written: somebody else changed or replaced it.`);
    write(record);
    unsigned = 0;
    onSealed(headOf(record));
  }

  function append(event: AuditEvent): void {
    if (!hasBegun) begin();
    write({ ...next(), event: redact(event, [...secrets]) });
    if (unsigned >= unsignedLines) return writeCheckpoint(checkpointAt(next(), false));
    timer ??= setTimeout(() => {
      try {
        writeCheckpoint(checkpointAt(next(), false));
      } catch (error) {
        onFailed(error);
      }
    }, unsignedMs).unref();
  }

  return { head, append, know: (secret) => void secrets.add(secret), follow, [Symbol.dispose]: close };

  function close(): void {
    try {
      if (hasBegun) writeCheckpoint(checkpointAt(next(), true));
    } catch {
      // A log that cannot be written stays unclosed, and its verification says so.
    } finally {
      files[Symbol.dispose]();
    }
  }
}

function headOf(record: AuditRecord): AuditHead {
  const { event } = record;
  if (event.type !== "checkpoint") throw new TypeError("This record is no checkpoint.");
  return { seq: record.seq, hash: sha256(formatAuditLine(record)), key: event.key, ...(event.closed && { closed: true as const }) };
}

/** Whether an event comes of a request from inside, and so as often as an agent likes. */
export function isAgents({ type }: AuditEvent): boolean {
  return type === "network" || type === "git" || type === "proposal";
}

interface Last {
  readonly seq: number;
  readonly prev: string;
  readonly hasCrashed: boolean;
}

function lastOf(files: LogFile, { file, identity }: AuditLogOptions): Last {
  const { lastLine } = files;
  if (lastLine === "") return { seq: 0, prev: auditStart, hasCrashed: false };
  try {
    const record = parseAuditLine(lastLine);
    if (record.identity !== identity) throw new Error(`It is of ${record.identity}.`);
    const { event } = record;
    return { seq: record.seq + 1, prev: sha256(lastLine), hasCrashed: !(event.type === "checkpoint" && event.closed) };
  } catch (cause) {
    files[Symbol.dispose]();
    throw new SidecarsError("audit-failed", `The last line of ${file} is not one of this bottle's audit log. Move the file away to begin a new one.`, { cause });
  }
}

function naming<T>(file: string, write: () => T): T {
  try {
    return write();
  } catch (cause) {
    throw new SidecarsError("audit-failed", `The audit log ${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
}

function sha256(bytes: string | Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
