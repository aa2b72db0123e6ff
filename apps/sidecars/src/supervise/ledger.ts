import type { GrantUse } from "@bottle/egress-addon";
import type { Grant } from "@bottle/manifest";
import type { GrantsFile } from "./grants-file.ts";

/** The grants that are kept on the disk, and how often each was used. */
export interface Ledger extends Disposable {
  /** With their uses up to now. */
  list(): readonly Grant[];
  /** Keeps these and no others, on the disk before it returns. @throws SidecarsError `grants-failed`; then what was kept before still is */
  keep(grants: readonly Grant[]): void;
  /** Keeps one no more. @throws SidecarsError `grants-failed`: it is still on the disk, until the next write */
  remove(id: string): void;
  /** Notes that one more request goes out by a grant, the `requests`th of this process. @throws SidecarsError `grants-failed`: it must not go */
  use(id: string, requests: number): void;
  /** How many used it before this process. */
  usedBefore(id: string): number;
}

interface Entry {
  readonly grant: Grant;
  readonly usedBefore: number;
  /** As it is on the disk: at least what was used. */
  noted: number;
  lastUsedAt?: string;
}

/** How many times the uses of one grant are written while they are counted down. */
const blocks = 16;
const writeAfterMs = 10_000;

/**
 * A grant for so many uses is noted ahead of them, a sixteenth at a time, so that no end of this process gives it more than those; and
 * none costs more than sixteen writes. The uses of others are written now and then.
 */
export function createLedger(options: {
  readonly file: GrantsFile;
  readonly grants: readonly Grant[];
  /** What the egress counts; nothing before there is one. */
  readonly useOf: (id: string) => GrantUse | undefined;
  readonly now: () => number;
  /** One sentence for the log file. */
  readonly say: (sentence: string) => void;
}): Ledger {
  const { file, useOf, now, say } = options;
  let entries: Map<string, Entry> = new Map(options.grants.map((grant) => [grant.proposal, entryOf(grant)]));
  let timer: NodeJS.Timeout | undefined;
  const usedOf = ({ grant, usedBefore }: Entry): number => usedBefore + (useOf(grant.proposal)?.requests ?? 0);
  const asOf = (entry: Entry, used: number): Grant => ({ ...entry.grant, used, ...(entry.lastUsedAt !== undefined && { lastUsedAt: entry.lastUsedAt }) });
  const write = (of: ReadonlyMap<string, Entry>): void => {
    clearTimeout(timer);
    timer = undefined;
    file.write([...of.values()].map((entry) => asOf(entry, Math.max(entry.noted, usedOf(entry)))));
  };
  const writeLater = (): void => {
    timer ??= setTimeout(() => {
      try {
        write(entries);
      } catch (error) {
        say(error instanceof Error ? error.message : String(error));
        writeLater();
      }
    }, writeAfterMs).unref();
  };
  return {
    list: () => [...entries.values()].map((entry) => asOf(entry, usedOf(entry))),
    keep(grants) {
      const next = new Map(grants.map((grant) => [grant.proposal, entries.get(grant.proposal) ?? entryOf(grant)]));
      write(next);
      entries = next;
    },
    remove(id) {
      entries.delete(id);
      try {
        write(entries);
      } catch (error) {
        writeLater();
        throw error;
      }
    },
    use(id, requests) {
      const entry = entries.get(id);
      if (entry === undefined) return;
      const { grant: { uses }, usedBefore, noted } = entry;
      const used = usedBefore + requests;
      if (uses === undefined || used <= noted) {
        writeLater();
      } else {
        entry.noted = Math.min(uses, used - 1 + Math.ceil(uses / blocks));
        try {
          write(entries);
        } catch (error) {
          entry.noted = noted;
          throw error;
        }
      }
      entry.lastUsedAt = new Date(now()).toISOString();
    },
    usedBefore: (id) => entries.get(id)?.usedBefore ?? 0,
    [Symbol.dispose]() {
      for (const entry of entries.values()) entry.noted = usedOf(entry);
      try {
        if (entries.size > 0 || timer !== undefined) write(entries);
      } catch (error) {
        say(error instanceof Error ? error.message : String(error));
      }
      clearTimeout(timer);
    },
  };
}

function entryOf(grant: Grant): Entry {
  const { used, lastUsedAt } = grant;
  return { grant, usedBefore: used, noted: used, ...(lastUsedAt !== undefined && { lastUsedAt }) };
}
