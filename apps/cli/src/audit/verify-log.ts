import { createHash } from "node:crypto";
import { basename } from "node:path";
import { readWitness, type StatePaths } from "@bottle/backend-core";
import type { AuditFault, AuditProof } from "@bottle/manifest";
import { createAuditVerifier } from "@bottle/manifest/state";
import { isSigned, readAuditLines } from "@bottle/sidecars";

/** What was found of one bottle's audit log. */
export type Verification =
  /** The lines follow each other and agree with their signatures, and the witness says whose these are. */
  | (AuditProof & { readonly identity: string; readonly verdict: "whole"; readonly files: number })
  /** The same, but nothing outside the bottle's folder says whose signatures they are, or that there were any. */
  | (AuditProof & { readonly identity: string; readonly verdict: "unproven"; readonly files: number; readonly reason: string })
  | (AuditFault & { readonly identity: string; readonly verdict: "broken"; readonly file?: string; readonly lineOfFile?: number });

/** Checks a log from its first line to its last. @throws BottleError `state-unreadable` for a witness that cannot be read */
export async function verifyLog(paths: Pick<StatePaths, "audit" | "witness">, identity: string): Promise<Verification> {
  const witness = await readWitness(paths.witness);
  const verifier = createAuditVerifier({ identity, witness, isSigned, sha256: (text) => createHash("sha256").update(text).digest("hex") });
  const files = new Set<string>();
  let count = 0;
  let tornBytes = 0;
  for await (const { file, number, text, isTorn, bytes } of readAuditLines(paths.audit)) {
    files.add(file);
    if (isTorn && file === paths.audit) {
      tornBytes = bytes;
      break;
    }
    count += 1;
    const fault = text === undefined ? { ok: false as const, line: count, reason: "It is no line of an audit log." } : verifier.push(text);
    if (fault) return { ...fault, identity, verdict: "broken", file: basename(file), lineOfFile: number };
  }
  const result = verifier.finish(tornBytes);
  if (!result.ok) {
    const reason = files.size > 0 ? result.reason : `${result.reason} If you removed this bottle yourself, remove ${paths.witness} as well.`;
    return { ...result, reason, identity, verdict: "broken" };
  }
  const found = { ...result, identity, files: files.size };
  if (result.lines === 0 || (result.launches > 0 && witness !== undefined)) return { ...found, verdict: "whole" };
  const reason = result.launches === 0 ? "It has no signatures: it was written by a version that made none." : `${paths.witness} is not there, and nothing else says whose signatures these are.`;
  return { ...found, verdict: "unproven", reason };
}
