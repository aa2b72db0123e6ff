import { createHash } from "node:crypto";
import type { AuditEvent, AuditHead, AuditRecord } from "@bottle/manifest";
import { auditStart, formatAuditLine, parseAuditLine } from "@bottle/manifest/state";
import { SidecarsError } from "../errors.ts";
import { openLogFile, type LogFile } from "./log-file.ts";
import { redact } from "./redact.ts";
import { createSeal } from "./seal.ts";

/** The audit log of one bottle: one sequence of hash-chained lines, signed every so often. Disposing signs that it ended in order. */
export interface AuditLog extends Disposable {
  /** The checkpoint it began with. */
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
  /** Told of each checkpoint after the first. */
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
  let timer: NodeJS.Timeout | undefined;

  function write(make: (record: Omit<AuditRecord, "event">) => AuditEvent): void {
    const record = { seq, time: new Date().toISOString(), identity, prev };
    const event = make(record);
    const line = formatAuditLine({ ...record, event });
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

  function checkpoint(isLast: boolean): AuditHead {
    clearTimeout(timer);
    timer = undefined;
    // Signing what somebody else made of it would vouch for them.
    if (!files.isOurs()) throw new SidecarsError("audit-failed", `The audit log ${file} is not as it was written: somebody else changed or replaced it.`);
    write((record) => seal.sign(record, { isLast }));
    unsigned = 0;
    return { seq: seq - 1, hash: prev, key: seal.key, ...(isLast && { closed: true as const }) };
  }

  function append(event: AuditEvent): void {
    write(() => redact(event, [...secrets]));
    if (unsigned >= unsignedLines) return onSealed(checkpoint(false));
    timer ??= setTimeout(() => {
      try {
        onSealed(checkpoint(false));
      } catch (error) {
        onFailed(error);
      }
    }, unsignedMs).unref();
  }

  try {
    const head = checkpoint(false);
    if (hasCrashed) append({ type: "lifecycle", event: "crash", detail: "The log was not closed; what ran then had no orderly end." });
    return { head, append, know: (secret) => void secrets.add(secret), follow, [Symbol.dispose]: close };
  } catch (error) {
    files[Symbol.dispose]();
    throw error;
  }

  function close(): void {
    try {
      onSealed(checkpoint(true));
    } catch {
      // A log that cannot be written stays unclosed, and its verification says so.
    } finally {
      files[Symbol.dispose]();
    }
  }
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
