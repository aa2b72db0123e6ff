import type { AuditRecord } from "./event.ts";
import { auditStart, parseAuditLine } from "./line.ts";

/** What checking a chain found; `line` is 1-based. */
export type AuditChainResult =
  | { readonly ok: true; readonly lines: number; readonly last: string }
  | { readonly ok: false; readonly line: number; readonly reason: string };

/** A line that follows the one before, with the SHA-256 of its own bytes in hex. */
export interface AuditLink {
  readonly record: AuditRecord;
  readonly hash: string;
}

/** Takes lines one after the other. @returns the line as a link; or why it does not follow the one before, and then nothing follows any more */
export type AuditChain = (line: string) => AuditLink | string;

/**
 * A chain that begins at the start of a log: each `prev` is the digest of the line before, `seq` counts up and the identity stays.
 * @param sha256 the SHA-256 of a text's UTF-8 bytes, in lower-case hex
 */
export function createAuditChain(sha256: (text: string) => string): AuditChain {
  let prev = auditStart;
  let seq = 0;
  let identity: string | undefined;
  return (line) => {
    const record = parse(line);
    if (typeof record === "string") return record;
    if (record.prev !== prev) return "The line before it was changed, added or removed.";
    if (record.seq !== seq) return `Its number is ${record.seq}, not ${seq}.`;
    if (record.identity !== (identity ?? record.identity)) return "It belongs to another bottle.";
    ({ identity } = record);
    prev = sha256(line);
    seq += 1;
    return { record, hash: prev };
  };
}

/**
 * Whether lines follow each other unbroken from the start. It can't see lines cut off the end, nor a chain made anew as a whole:
 * `createAuditVerifier` does, by signatures and a witness.
 * @param sha256 as of `createAuditChain`
 */
export function checkAuditChain(lines: Iterable<string>, sha256: (text: string) => string): AuditChainResult {
  const follow = createAuditChain(sha256);
  let last = auditStart;
  let count = 0;
  for (const line of lines) {
    const link = follow(line);
    if (typeof link === "string") return { ok: false, line: count + 1, reason: link };
    last = link.hash;
    count += 1;
  }
  return { ok: true, lines: count, last };
}

function parse(line: string): AuditRecord | string {
  try {
    return parseAuditLine(line);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
