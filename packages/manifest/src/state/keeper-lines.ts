import * as v from "valibot";
import type { LifecycleEvent } from "../audit/event.ts";
import { auditHeadSchema, lifecycleSchema } from "../audit/schema.ts";
import type { AuditHead } from "../audit/witness.ts";
import { readLine } from "./read-line.ts";

/**
 * The lines by which sidecars and their keeper keep the record together: the keeper writes `{"record":EVENT}` on their standard
 * input, and they write `{"sealed":HEAD}` on their standard output, for the keeper to note where nobody else writes.
 */
const record = v.strictObject({ record: lifecycleSchema });
const sealed = v.strictObject({ sealed: auditHeadSchema });

/** A step of the bottle's life as a line for the sidecars, without its end. */
export function formatRecordLine(event: LifecycleEvent): string {
  return JSON.stringify({ record: event });
}

/** The step that a line tells of; undefined for any other line. */
export function parseRecordLine(line: string): LifecycleEvent | undefined {
  return readLine(line, record)?.record;
}

/** A checkpoint as a line for the keeper, without its end. */
export function formatSealedLine(head: AuditHead): string {
  return JSON.stringify({ sealed: head });
}

/** The checkpoint that a line tells of; undefined for any other line. */
export function parseSealedLine(line: string): AuditHead | undefined {
  return readLine(line, sealed)?.sealed;
}
