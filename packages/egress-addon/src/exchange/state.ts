import type { EgressEvent } from "../events.ts";
import type { CompiledPolicy } from "../policy/compile.ts";

/** Something under way that a later policy may end. */
export interface Flow {
  isAllowed(policy: CompiledPolicy): boolean;
  cut(): void;
}

/** What all exchanges of one proxy share. */
export interface EgressState {
  policy: CompiledPolicy;
  generation: number;
  frozen: boolean;
  readonly flows: Set<Flow>;
  /** Records of what is under way: each becomes an event, at the latest when the proxy ends. */
  readonly open: Set<{ end(status: number | undefined, isCut: boolean): void }>;
  readonly counts: { allowed: number; denied: number; bytesOut: number; bytesIn: number };
  /** Records an event; if that fails the proxy freezes, since nothing may pass unrecorded. */
  record(event: EgressEvent): void;
}

export function createState(policy: CompiledPolicy, onEvent: ((event: EgressEvent) => void) | undefined): EgressState {
  const state: EgressState = {
    policy,
    generation: 1,
    frozen: false,
    flows: new Set(),
    open: new Set(),
    counts: { allowed: 0, denied: 0, bytesOut: 0, bytesIn: 0 },
    record(event) {
      try {
        onEvent?.(event);
      } catch {
        state.frozen = true;
        cutFlows(state, () => true);
      }
    },
  };
  return state;
}

/** Ends the flows that fit; answers how many. */
export function cutFlows(state: EgressState, isDue: (flow: Flow) => boolean): number {
  const due = [...state.flows].filter(isDue);
  for (const flow of due) {
    state.flows.delete(flow);
    flow.cut();
  }
  return due.length;
}
