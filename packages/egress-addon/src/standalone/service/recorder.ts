import type { AuditEntry, AuditLog } from "@bottle/standalone";
import type { Metrics } from "../operator/metrics.ts";

/** Writes one audit line. If that fails, the way out is closed and the error thrown. */
export type Record = (entry: AuditEntry) => void;

/** A recorder. Why it failed is said once, until a line is written again. */
export function createRecorder({ audit, metrics, freeze, say }: {
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly freeze: () => void;
  readonly say: (line: string) => void;
}): Record {
  let isSaid = false;
  return (entry) => {
    try {
      audit.append(entry);
      isSaid = false;
    } catch (error) {
      metrics.auditFailed();
      freeze();
      if (!isSaid) say(`egress-addon: ${error instanceof Error ? error.message : String(error)} The proxy is frozen; \`egress-addon control thaw\` opens it again.`);
      isSaid = true;
      throw error;
    }
  };
}
