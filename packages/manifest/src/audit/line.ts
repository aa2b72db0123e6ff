import { escapeDeceptive } from "../text/visible.ts";
import { ManifestError } from "../errors.ts";
import { readJson } from "../state/read-json.ts";
import type { AuditEvent, AuditRecord, GitEvent } from "./event.ts";
import { auditRecordSchema } from "./schema.ts";

/** `prev` of the first line. */
export const auditStart: string = "0".repeat(64);

/** Longer texts of an event are cut, so that a hostile request can't fill the disk line by line. In UTF-16 units. */
const longestText = 4096;
/** The same for texts within lists, and for the lists of what a push changes and what was found in it. */
const longestListedText = 256;
const longestList = 100;

/**
 * One line of `audit.jsonl`, without its line feed: printable text, whatever the event holds. Keys are always in one order.
 * Append the line and one line feed; the next line's `prev` is the SHA-256 of the line's UTF-8 bytes.
 */
export function formatAuditLine(record: AuditRecord): string {
  const { seq, time, identity, prev, event } = record;
  return escapeDeceptive(JSON.stringify({ seq, time, identity, prev, event: inOrder(event) }));
}

/** Reads one line without its line feed. @throws ManifestError `audit-line-invalid` */
export function parseAuditLine(line: string): AuditRecord {
  if (/[\r\n]/.test(line)) {
    throw new ManifestError("audit-line-invalid", "A line of the audit log holds a line break. Give it one line at a time.");
  }
  return readJson(line, { schema: auditRecordSchema, code: "audit-line-invalid", noun: "A line of the audit log" });
}

/** What checking a chain found; `line` is 1-based. */
export type AuditChainResult =
  | { readonly ok: true; readonly lines: number; readonly last: string }
  | { readonly ok: false; readonly line: number; readonly reason: string };

/**
 * Whether lines follow each other unbroken from the start: each `prev` is the digest of the line before, `seq` counts up
 * and the identity stays. It can't see lines cut off the end: compare `last`, the digest of the last line, with one noted elsewhere.
 * @param sha256 the SHA-256 of a text's UTF-8 bytes, in lower-case hex
 */
export function checkAuditChain(lines: Iterable<string>, sha256: (text: string) => string): AuditChainResult {
  let prev = auditStart;
  let count = 0;
  let identity: string | undefined;
  for (const line of lines) {
    const reason = brokenLink(line, { prev, seq: count, identity });
    if (typeof reason === "string") return { ok: false, line: count + 1, reason };
    identity = reason.identity;
    prev = sha256(line);
    count += 1;
  }
  return { ok: true, lines: count, last: prev };
}

interface Expected {
  readonly prev: string;
  readonly seq: number;
  readonly identity: string | undefined;
}

function brokenLink(line: string, expected: Expected): AuditRecord | string {
  let record: AuditRecord;
  try {
    record = parseAuditLine(line);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (record.prev !== expected.prev) return "The line before it was changed, added or removed.";
  if (record.seq !== expected.seq) return `Its number is ${record.seq}, not ${expected.seq}.`;
  if (record.identity !== (expected.identity ?? record.identity)) return "It belongs to another bottle.";
  return record;
}

function inOrder(event: AuditEvent): Record<string, unknown> {
  const { type, ...rest } = event.type === "git" ? cutLists(event) : event;
  const entries = Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries([["type", type], ...entries.map(([key, value]) => [key, shorten(value)])]);
}

function cutLists(event: GitEvent): GitEvent {
  const { refs, findings } = event;
  const more = (refs?.length ?? 0) - longestList;
  return {
    ...event,
    ...(refs && { refs: refs.slice(0, longestList).map(shortenAll) }),
    ...(more > 0 && { moreRefs: more + (event.moreRefs ?? 0) }),
    ...(findings && { findings: findings.slice(0, longestList).map(shortenAll) }),
  };
}

function shortenAll<T extends object>(item: T): T {
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, shorten(value, longestListedText)])) as T;
}

function shorten(value: unknown, longest = longestText): unknown {
  if (typeof value !== "string" || value.length <= longest) return value;
  return `${value.slice(0, longest)}…[${value.length - longest} more]`;
}
