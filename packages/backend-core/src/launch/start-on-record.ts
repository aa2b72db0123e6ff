import type { RunningSidecars } from "../sidecars.ts";
import type { BottleSpec } from "../spec.ts";
import type { Witness } from "../state/witness.ts";

/**
 * Starts sidecars, notes what their audit log is to begin this launch with, and then has it begun, by the launch itself. Without the
 * note nothing is started: nobody could tell whose log it is.
 */
export async function startOnRecord(start: () => Promise<RunningSidecars>, { witness, spec, backend, onWarning }: {
  readonly witness: Witness;
  readonly spec: BottleSpec;
  readonly backend: string;
  readonly onWarning: (message: string) => void;
}): Promise<RunningSidecars> {
  await using stack = new AsyncDisposableStack();
  const sidecars = stack.use(await start());
  const fault = await witness.announce(sidecars.head);
  if (fault !== undefined) onWarning(fault);
  sidecars.record({ type: "lifecycle", event: spec.resume ? "resume" : "launch", detail: `agent ${spec.agentName} (${spec.kind}) in bottle ${spec.bottleName} on ${backend}` });
  const { lastDeath } = witness;
  if (lastDeath) sidecars.record({ type: "lifecycle", event: "sidecars-died", detail: `${lastDeath.died}, at ${lastDeath.time}` });
  stack.move();
  return sidecars;
}
