import type { AuditFault, AuditHead, AuditProof, AuditRecord, WitnessEntry } from "@bottle/manifest";
import { createAuditVerifier, parseAuditLine } from "@bottle/manifest/state";
import { readAuditLines } from "../audit/lines.ts";
import { isSigned } from "../audit/signed.ts";
import { sha256 } from "./rig.ts";

/** Every whole line of a log, over all its files. */
export async function recordsOf(file: string): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const { text = "", isTorn } of readAuditLines(file)) if (!isTorn) records.push(parseAuditLine(text));
  return records;
}

/** What verifying a log says. @param heads what a keeper was told of it: of each launch first what it announced */
export async function checkLog(file: string, heads: readonly AuditHead[]): Promise<AuditProof | AuditFault> {
  const verifier = createAuditVerifier({ identity: "test-00000", witness: noted(heads), isSigned, sha256 });
  let torn = 0;
  for await (const { text = "", isTorn, bytes } of readAuditLines(file)) {
    if (isTorn) torn = bytes;
    else verifier.push(text);
  }
  return verifier.finish(torn);
}

function noted(heads: readonly AuditHead[]): readonly WitnessEntry[] {
  const time = "2026-01-02T03:04:05.678Z";
  const keys = new Set<string>();
  return heads.map((head) => {
    const isKnown = keys.has(head.key);
    keys.add(head.key);
    return isKnown ? { time, ...head } : { time, ...head, announced: true };
  });
}
