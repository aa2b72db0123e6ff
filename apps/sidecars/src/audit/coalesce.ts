import type { AuditEvent, NetworkEvent } from "@bottle/manifest";

/** Takes the place of a recorder for network events: refusals repeated too often are counted. Disposing writes the counts. */
export interface Coalescer extends Disposable {
  push(event: NetworkEvent): void;
}

interface Run {
  readonly last: NetworkEvent;
  readonly seen: number;
  readonly folded: number;
}

// So many runs are followed at a time; with more, each event is written, and the log's own limit is what holds.
const maxRuns = 1000;

/**
 * Writes the first `alike` denied events of each host, port, method, layer and reason in a window as they are, and the
 * rest at its end as one event with their count. What was allowed is always written at once.
 */
export function coalesceDenials(options: { readonly record: (event: AuditEvent) => void; readonly alike: number; readonly windowMs: number }): Coalescer {
  const { record, alike, windowMs } = options;
  const runs = new Map<string, Run>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const folded = [...runs.values()].filter((run) => run.folded > 0);
    runs.clear();
    for (const run of folded) record({ ...run.last, count: run.folded });
  };
  return {
    push(event) {
      if (event.decision !== "deny") return record(event);
      const key = JSON.stringify([event.host, event.port, event.method, event.layer, event.reason]);
      const run = runs.get(key);
      if (!run && runs.size >= maxRuns) return record(event);
      timer ??= setTimeout(flush, windowMs).unref();
      const seen = (run?.seen ?? 0) + 1;
      const isFolded = seen > alike;
      runs.set(key, { seen, folded: (run?.folded ?? 0) + (isFolded ? 1 : 0), last: isFolded && run?.folded ? sum(run.last, event) : event });
      if (!isFolded) record(event);
    },
    [Symbol.dispose]: flush,
  };
}

function sum(before: NetworkEvent, event: NetworkEvent): NetworkEvent {
  return { ...event, bytesOut: (before.bytesOut ?? 0) + (event.bytesOut ?? 0), bytesIn: (before.bytesIn ?? 0) + (event.bytesIn ?? 0) };
}
