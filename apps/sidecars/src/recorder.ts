import type { AuditEvent } from "@bottle/manifest";
import { isAgents, type AuditLog } from "./audit-log.ts";

/** Appends to the log; if that fails, the way out is closed and false is returned. */
export type Recorder = (event: AuditEvent) => boolean;

/**
 * A recorder. Why it failed is said once, and in the audit log too if that still takes the operator's events.
 * @param options.say one sentence for the log file
 */
export function createRecorder(options: { readonly log: AuditLog; readonly freeze: () => void; readonly say: (sentence: string) => void }): Recorder {
  const { log, freeze, say } = options;
  let isSaid = false;
  return (event) => {
    try {
      log.append(event);
      if (isAgents(event)) isSaid = false;
      return true;
    } catch (error) {
      freeze();
      if (!isSaid) tell(error instanceof Error ? error.message : String(error));
      isSaid = true;
      return false;
    }
  };

  function tell(reason: string): void {
    const sentence = `${reason} The egress is frozen: nothing leaves unrecorded.`;
    say(sentence);
    try {
      log.append({ type: "control", op: "freeze", outcome: "done", detail: sentence });
    } catch {
      // A full disk takes no reason either; the log file has it.
    }
  }
}
