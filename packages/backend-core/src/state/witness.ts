import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { AuditHead, WitnessEntry } from "@bottle/manifest";
import { formatWitness, parseWitness } from "@bottle/manifest/state";
import { BottleError } from "../errors.ts";
import { writeWhole } from "./store.ts";

/** Notes, outside a bottle's folder, what its sidecars say of its audit log. Disposing waits until all is written. */
export interface Witness extends AsyncDisposable {
  /** When and why the sidecars of the launch before ended by themselves, if they did. */
  readonly lastDeath: { readonly time: string; readonly died: string } | undefined;
  /**
   * Notes the head this launch is to begin with; that is written before it resolves, and before anything is written to the log.
   * @returns what is wrong with the log that is gone on with, for the operator
   */
  announce(head: AuditHead): Promise<string | undefined>;
  /** Notes a head that is in the log. */
  note(head: AuditHead): void;
  /** Notes that the sidecars ended by themselves. */
  died(reason: string): void;
}

/**
 * Opens the witness of one bottle's audit log.
 * @param onWarning told once if something could not be noted after the beginning
 * @throws BottleError `state-unreadable` if what was noted before cannot be read
 */
export async function openWitness(path: string, onWarning: (message: string) => void): Promise<Witness> {
  const before = await readWitness(path) ?? [];
  const noted: { first?: WitnessEntry; last?: WitnessEntry; death?: WitnessEntry } = {};
  let isSaid = false;
  let writing = Promise.resolve();
  const write = (): Promise<void> => {
    const text = formatWitness([...before, ...[noted.first, noted.last, noted.death].filter((entry) => entry !== undefined)]);
    return (writing = writing.catch(() => undefined).then(() => writeWhole(path, text)));
  };
  const writeLater = (): void => void write().catch((error: unknown) => {
    if (!isSaid) onWarning(`${path} cannot be written, so lines cut off the end of the audit log would not be seen: ${error instanceof Error ? error.message : String(error)}`);
    isSaid = true;
  });
  const now = (): string => new Date().toISOString();
  const lastEntry = before.at(-1);
  return {
    lastDeath: lastEntry && "died" in lastEntry ? lastEntry : undefined,
    async announce(head) {
      noted.first = { time: now(), ...head, announced: true };
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await write();
      const last = before.filter((entry) => "seq" in entry).findLast(({ announced }) => !announced);
      if (last === undefined || last.seq < head.seq) return undefined;
      return `The audit log is shorter than it was (line ${last.seq + 1} was seen at ${last.time}): lines were cut off its end. \`bottle audit verify\` says more.`;
    },
    note(head) {
      noted.last = { time: now(), ...head };
      writeLater();
    },
    died(reason) {
      noted.death = { time: now(), died: reason };
      writeLater();
    },
    [Symbol.asyncDispose]: () => writing.catch(() => undefined),
  };
}

/** What was noted of a bottle's audit log; undefined if nothing was. @throws BottleError `state-unreadable` */
export async function readWitness(path: string): Promise<readonly WitnessEntry[] | undefined> {
  try {
    return parseWitness(await readFile(path, "utf8"));
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new BottleError("state-unreadable", `${path} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`, {
      mend: "Put it back as it was, if you have it. Moved away, nothing shows any more that its bottle's audit log is whole so far.", cause,
    });
  }
}
