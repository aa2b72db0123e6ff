import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, ftruncateSync, writeSync } from "node:fs";
import type { AuditEvent } from "@bottle/manifest";
import { auditStart, formatAuditLine, parseAuditLine } from "@bottle/manifest/state";
import { SidecarsError } from "./errors.ts";
import { redact } from "./redact.ts";

/** The audit log of one bottle: one sequence of hash-chained lines. */
export interface AuditLog extends Disposable {
  /** Appends one event, known secrets taken out. @throws SidecarsError `audit-failed`; then nothing may pass any more */
  append(event: AuditEvent): void;
  /** Takes a further secret out of what is written from now on. */
  know(secret: string): void;
  /** Tells of every line from now on, once it is written. @returns what ends it */
  follow(onLine: (line: string) => void): () => void;
}

const tailBytes = 1_048_576;
// Kept free of what an agent's requests bring, so that what the operator does with a full log is still recorded.
const reservedBytes = 1_048_576;

/**
 * Opens the log and goes on with its chain. A last line without its end is what a kill in mid-write left: it was never
 * acted on, so it is cut off. Writing is synchronous: what is allowed has been recorded before it is answered for.
 * @param options.maxBytes what an agent's request brings is refused if it would make the file larger
 * @throws SidecarsError `audit-failed` if the last line is not one
 */
export function openAuditLog(options: { readonly file: string; readonly identity: string; readonly secrets: readonly string[]; readonly maxBytes: number }): AuditLog {
  const { file, identity, maxBytes } = options;
  const secrets = new Set(options.secrets);
  const fd = openSync(file, "a+", 0o600);
  const hash = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");
  let { seq, prev, size } = continueChain(fd, file, hash);
  const followers = new Set<(line: string) => void>();
  return {
    append(event) {
      const line = formatAuditLine({ seq, time: new Date().toISOString(), identity, prev, event: redact(event, [...secrets]) });
      const bytes = Buffer.from(`${line}\n`);
      if (size + bytes.length > maxBytes + (isAgents(event) ? 0 : reservedBytes)) {
        throw new SidecarsError("audit-failed", `The audit log ${file} has reached its limit of ${maxBytes} bytes. End the bottle, move the file away, and resume.`);
      }
      writeWhole({ fd, file, bytes, size });
      seq += 1;
      prev = hash(line);
      size += bytes.length;
      for (const onLine of followers) onLine(line);
    },
    know: (secret) => void secrets.add(secret),
    follow(onLine) {
      followers.add(onLine);
      return () => void followers.delete(onLine);
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}

/** Whether an event comes of a request from inside, and so as often as an agent likes. */
export function isAgents({ type }: AuditEvent): boolean {
  return type === "network" || type === "git" || type === "proposal";
}

function writeWhole({ fd, file, bytes, size }: { readonly fd: number; readonly file: string; readonly bytes: Buffer; readonly size: number }): void {
  try {
    if (writeSync(fd, bytes) !== bytes.length) throw new Error("no space for the whole line");
  } catch (cause) {
    // Half a line would break the chain for the ones after it, once there is room again.
    ftruncateSync(fd, size);
    throw new SidecarsError("audit-failed", `The audit log ${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
}

function continueChain(fd: number, file: string, hash: (bytes: string) => string): { readonly seq: number; readonly prev: string; readonly size: number } {
  const { size } = fstatSync(fd);
  const start = Math.max(0, size - tailBytes);
  const buffer = Buffer.alloc(size - start);
  readSync(fd, buffer, 0, buffer.length, start);
  const end = buffer.lastIndexOf(0x0a) + 1;
  if (end < buffer.length) ftruncateSync(fd, start + end);
  const last = buffer.subarray(0, end).toString().trimEnd().split("\n").at(-1) ?? "";
  if (last === "") return { seq: 0, prev: auditStart, size: start + end };
  try {
    return { seq: parseAuditLine(last).seq + 1, prev: hash(last), size: start + end };
  } catch (cause) {
    throw new SidecarsError("audit-failed", `The last line of ${file} is not one of the audit log's. Move the file away to begin a new one.`, { cause });
  }
}
