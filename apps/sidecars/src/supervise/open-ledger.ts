import type { EgressPolicy, GrantUse } from "@bottle/egress-addon";
import type { SidecarsConfig } from "@bottle/manifest";
import type { Recorder } from "../audit/recorder.ts";
import { openGrantsFile } from "./grants-file.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { restoreGrants } from "./restore.ts";

/** What grants of the last process are judged by, so that those which hold on are in force from the first request. */
export interface LedgerOptions {
  /** Of the bottle's own routes. */
  readonly policy: EgressPolicy;
  readonly useOf: (id: string) => GrantUse | undefined;
  readonly record: Recorder;
  readonly now: () => number;
  readonly say: (sentence: string) => void;
}

/** The ledger of a bottle; of one whose agent may not ask it is empty and kept nowhere. @throws SidecarsError `grants-failed` */
export function openLedger(supervise: SidecarsConfig["supervise"], { policy, useOf, record, now, say }: LedgerOptions): Ledger {
  if (supervise === undefined) return createLedger({ file: { write: () => undefined }, grants: [], useOf, now, say });
  const { file, grants: kept, isWhole } = openGrantsFile(supervise.directory);
  const { grants, ended } = restoreGrants(kept, { policy, now: now() });
  const ledger = createLedger({ file, grants, useOf, now, say });
  if (!isWhole || ended.length > 0) ledger.keep(grants);
  for (const event of ended) record(event);
  return ledger;
}
