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
