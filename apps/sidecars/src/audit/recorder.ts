import type { AuditEvent } from "@bottle/manifest";
import { isAgents, type AuditLog } from "./log.ts";

/** Appends to the log; if that fails, the way out is closed and false is returned. */
export type Recorder = (event: AuditEvent) => boolean;

/**
 * A recorder, and what is to be called when the log itself failed. Why is said once, and in the audit log too if that still takes
 * the operator's events.
 * @param options.say one sentence for the log file
 */
export function createRecorder(options: { readonly log: Pick<AuditLog, "append">; readonly freeze: () => void; readonly say: (sentence: string) => void }): {
  readonly record: Recorder;
  readonly fail: (error: unknown) => void;
} {
  const { log, freeze, say } = options;
  let isSaid = false;
  return { record, fail };

  function record(event: AuditEvent): boolean {
    try {
      log.append(event);
      if (isAgents(event)) isSaid = false;
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  }

  function fail(error: unknown): void {
    freeze();
    if (!isSaid) tell(error instanceof Error ? error.message : String(error));
    isSaid = true;
  }

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
