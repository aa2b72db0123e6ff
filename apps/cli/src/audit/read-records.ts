import { parseAuditLine } from "@bottle/manifest/state";
import type { AuditRecord } from "@bottle/manifest";
import { readAuditLines } from "@bottle/sidecars";

/** The records of an audit log over all its files, in order; what is no line ends it. None for a bottle that never got as far as its sidecars. */
export async function* readRecords(file: string): AsyncGenerator<AuditRecord> {
  try {
    for await (const { text, isTorn } of readAuditLines(file)) {
      if (text === undefined || isTorn) return;
      yield parseAuditLine(text);
    }
  } catch {
    // `bottle audit verify` says what is wrong with it.
  }
}
