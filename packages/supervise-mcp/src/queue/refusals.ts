import type { Ask, ProposalEvent } from "@bottle/manifest";
import { clean } from "./clean.ts";

/** Records what never came before the operator. Refusals repeated too often are counted; disposing writes the counts. */
export interface Refusals extends Disposable {
  /** @param cause those of one cause and kind are alike. @throws what the recorder throws */
  record(kind: Ask["kind"], cause: string, detail: string): void;
}

interface Run {
  readonly kind: Ask["kind"];
  readonly seen: number;
  readonly folded: number;
  readonly last: string;
}

/** So many of one cause and kind get a record each in a window; one at its end counts the rest. */
export function createRefusals({ record, alike, windowMs }: { readonly record: (event: ProposalEvent) => void; readonly alike: number; readonly windowMs: number }): Refusals {
  const runs = new Map<string, Run>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const folded = [...runs.values()].filter((run) => run.folded > 0);
    runs.clear();
    for (const { kind, folded: count, last } of folded) {
      try {
        record({ type: "proposal", state: "refused", kind, detail: `${count} more, the last: ${last}` });
      } catch {
        // They were refused, and a log that takes nothing more has closed the way out.
      }
    }
  };
  return {
    record(kind, cause, text) {
      const detail = clean(text, 400);
      const key = `${kind} ${cause}`;
      const { seen, folded } = runs.get(key) ?? { seen: 0, folded: 0 };
      const isFolded = seen >= alike;
      if (!isFolded) record({ type: "proposal", state: "refused", kind, detail });
      timer ??= setTimeout(flush, windowMs).unref();
      runs.set(key, { kind, seen: seen + 1, folded: folded + (isFolded ? 1 : 0), last: detail });
    },
    [Symbol.dispose]: flush,
  };
}
