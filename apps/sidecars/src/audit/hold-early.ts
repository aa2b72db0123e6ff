import type { AuditEvent } from "@bottle/manifest";
import type { AuditLog } from "./log.ts";

/** A log that is not begun yet. */
export interface HeldLog {
  append(event: AuditEvent): void;
  /** From now on events are written, behind those that wait. */
  release(): void;
}

/**
 * Keeps what is recorded while the sidecars start until the first event after: a start that fails must leave nothing in the log, and
 * none may begin before its keeper has noted with what.
 */
export function holdEarly(log: Pick<AuditLog, "append">): HeldLog {
  const waiting: AuditEvent[] = [];
  let isHeld = true;
  return {
    append(event) {
      waiting.push(event);
      if (isHeld) return;
      for (const each of waiting.splice(0)) log.append(each);
    },
    release: () => {
      isHeld = false;
    },
  };
}
