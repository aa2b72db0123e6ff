import type { EgressEvent } from "../events.ts";
import type { CompiledPolicy } from "../policy/compile.ts";
import { Roll } from "./roll.ts";

/** Something under way that a later policy may end. */
export interface Flow {
  isAllowed(policy: CompiledPolicy): boolean;
  cut(): void;
}

/** The record of something under way. */
export interface OpenRecord {
  end(status: number | undefined, isCut: boolean): void;
}

/** What all exchanges of one proxy share. */
export interface EgressState {
  policy: CompiledPolicy;
  generation: number;
  frozen: boolean;
  readonly flows: Roll<Flow>;
  /** Each becomes an event, at the latest when the proxy ends. */
  readonly open: Roll<OpenRecord>;
  readonly counts: { allowed: number; denied: number; bytesOut: number; bytesIn: number };
  /** Records an event; if that fails the proxy freezes, since nothing may pass unrecorded. */
  record(event: EgressEvent): void;
}

export function createState(policy: CompiledPolicy, onEvent: ((event: EgressEvent) => void) | undefined): EgressState {
  const state: EgressState = {
    policy,
    generation: 1,
    frozen: false,
    flows: new Roll(),
    open: new Roll(),
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
  const due = state.flows.entries().filter(({ item }) => isDue(item));
  for (const entry of due) {
    state.flows.leave(entry);
    entry.item.cut();
  }
  return due.length;
}
