import type { EgressPolicy, GrantUse } from "@bottle/egress-addon";
import type { SidecarsConfig } from "@bottle/manifest";
import type { Recorder } from "../audit/recorder.ts";
import { openGrantsFile } from "./grants-file.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { restoreGrants } from "./restore.ts";

/** What is there before the egress is: grants of the last process that hold on are in force from its first request. */
export interface PrepareOptions {
  /** Of the bottle's own routes. */
  readonly policy: EgressPolicy;
  readonly useOf: (id: string) => GrantUse | undefined;
  readonly record: Recorder;
  readonly now: () => number;
  readonly say: (sentence: string) => void;
}

/** @throws SidecarsError `grants-failed` */
export function openLedger(supervise: SidecarsConfig["supervise"], { policy, useOf, record, now, say }: PrepareOptions): Ledger {
  if (supervise === undefined) return createLedger({ file: { write: () => undefined }, grants: [], useOf, now, say });
  const { file, grants: kept, isWhole } = openGrantsFile(supervise.directory);
  const { grants, ended } = restoreGrants(kept, { policy, now: now() });
  const ledger = createLedger({ file, grants, useOf, now, say });
  if (!isWhole || ended.length > 0) ledger.keep(grants);
  for (const event of ended) record(event);
  return ledger;
}
