import type { AuditEntry } from "../audit/audit-log.ts";
import type { ToRefusal } from "../report.ts";
import type { ControlAnswer, Orderer, Orders, RefusedOrder } from "./model.ts";

/** What runs, and takes orders. */
export interface Ordered {
  /** Of what is in force. */
  readonly generation: number;
  freeze(): void;
  thaw(): void;
}

/** What came of a file that was brought into force. */
export interface Applied {
  /** What is in force now, for people. */
  readonly text: string;
  /** The same for the audit line. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly restartNeeded: readonly string[];
}

/** What the operator's orders act on. */
export interface OrderOptions<Running extends Ordered, Status extends object> {
  /** Of the program, and what it is. */
  readonly program: string;
  readonly noun: string;
  /** Undefined until it listens. */
  readonly running: () => Running | undefined;
  readonly isFrozen: () => boolean;
  readonly status: () => Status;
  /** Reads the file and brings it into force, whole or not at all. */
  readonly reload: (running: Running) => Promise<Applied>;
  readonly onRefusedReload?: () => void;
  readonly toRefusal: ToRefusal;
  /** A sentence on standard error. */
  readonly say: (text: string) => void;
  /** Writes an audit line. @throws Error if that fails, when everything has been frozen */
  readonly record: (entry: AuditEntry) => void;
}

/** Carries the operator's orders out, one after the other. */
export function createOrders<Running extends Ordered, Status extends object>(options: OrderOptions<Running, Status>): Orders<Status> {
  const { program, noun, running, status, record, say } = options;
  let last: Promise<unknown> = Promise.resolve();

  /** Carries an order out after those before it; what it throws becomes its answer. */
  const inTurn = (type: string, by: Orderer, run: (running: Running) => Promise<ControlAnswer<Status>>): Promise<ControlAnswer<Status>> => {
    const answer = last.then(async (): Promise<ControlAnswer<Status>> => {
      const now = running();
      if (now === undefined) return { ok: false, code: "not-ready", message: `The ${noun} is starting or stopping.`, generation: 0 };
      return run(now).catch((error: unknown) => refused(type, by, error));
    });
    last = answer;
    return answer;
  };

  function refused(type: string, by: Orderer, error: unknown): RefusedOrder {
    const { code, message, mend } = options.toRefusal(error) ?? { code: "internal", message: error instanceof Error ? error.message : String(error), mend: undefined };
    if (type === "reload") options.onRefusedReload?.();
    const generation = running()?.generation ?? 0;
    const text = `${message}${mend === undefined ? "" : `\n  → ${mend}`}\nGeneration ${generation} stays in force.`;
    say(`${program}: the ${type} was refused (${by}).\n${text}`);
    tryRecord({ type, by, outcome: "refused", code, detail: message, generation });
    return { ok: false, code, message: text, generation };
  }

  // The order has been answered either way; a log that fails has frozen everything already.
  function tryRecord(entry: AuditEntry): boolean {
    try {
      record(entry);
      return true;
    } catch {
      return false;
    }
  }

  return {
    status,
    notReady: () => (running() === undefined ? "starting" : options.isFrozen() ? "frozen" : undefined),
    reload: (by) => inTurn("reload", by, async (now) => {
      const { text, facts, restartNeeded } = await options.reload(now);
      const { generation } = now;
      say(`${program}: generation ${generation} is in force (${by}), ${text}.${restartNeeded.length === 0 ? "" : ` Changed, but a restart is needed: ${restartNeeded.join(", ")}.`}`);
      const isRecorded = tryRecord({ type: "reload", by, outcome: "applied", generation, ...facts, restartNeeded });
      if (!isRecorded) return { ok: false, code: "audit-failed", message: `Generation ${generation} is in force, but could not be recorded, so the ${noun} is frozen.`, generation };
      return { ok: true, ...status(), restartNeeded };
    }),
    freeze: (by) => inTurn("freeze", by, async (now) => {
      now.freeze();
      say(`${program}: frozen (${by}): everything was cut and nothing passes.`);
      tryRecord({ type: "freeze", by, outcome: "applied", generation: now.generation });
      return { ok: true, ...status() };
    }),
    thaw: (by) => inTurn("thaw", by, async (now) => {
      // Recorded first: a log that cannot be written keeps it frozen.
      record({ type: "thaw", by, outcome: "applied", generation: now.generation });
      now.thaw();
      say(`${program}: thawed (${by}).`);
      return { ok: true, ...status() };
    }),
  };
}
