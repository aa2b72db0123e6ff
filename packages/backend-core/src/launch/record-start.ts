import type { RunningSidecars } from "../sidecars.ts";
import type { BottleSpec } from "../spec.ts";
import type { Witness } from "../state/witness.ts";

/** Notes where the audit log begins this launch, before the agent can do anything, and puts the launch on record. */
export async function recordStart({ witness, sidecars, spec, backend, onWarning }: {
  readonly witness: Witness;
  readonly sidecars: RunningSidecars;
  readonly spec: BottleSpec;
  readonly backend: string;
  readonly onWarning: (message: string) => void;
}): Promise<void> {
  const fault = await witness.begin(sidecars.head);
  if (fault !== undefined) onWarning(fault);
  const { lastDeath } = witness;
  if (lastDeath) sidecars.record({ type: "lifecycle", event: "sidecars-died", detail: `${lastDeath.died}, at ${lastDeath.time}` });
  sidecars.record({ type: "lifecycle", event: spec.resume ? "resume" : "launch", detail: `agent ${spec.agentName} (${spec.kind}) in bottle ${spec.bottleName} on ${backend}` });
}
