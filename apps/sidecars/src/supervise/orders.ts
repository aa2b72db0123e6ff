import type { Grant, Proposal } from "@bottle/manifest";
import type { Supervise } from "@bottle/supervise-mcp";
import type { ApproveRequest, RejectRequest, SettleRequest, SuperviseRequest } from "../control/request.ts";
import { SidecarsError } from "../errors.ts";
import type { Recorder } from "../audit/recorder.ts";
import type { InForce } from "./in-force.ts";
import type { Judge } from "./judge.ts";

/** What the operator can order of a bottle whose agent may ask. */
export interface SuperviseOrders {
  proposals(): readonly Proposal[];
  approve(request: ApproveRequest): Promise<Proposal>;
  reject(request: RejectRequest): Promise<Proposal>;
  settle(request: SettleRequest): Promise<Proposal>;
  grants(): readonly Grant[];
  /** @throws SidecarsError `control-failed` if there is no such grant, or if it could not be kept that it is revoked */
  revoke(request: Extract<SuperviseRequest, { op: "revoke" }>): Promise<void>;
}

/** Nothing is granted while the bottle is frozen; what waits goes on waiting. Rejecting and revoking go on. */
export function createOrders({ supervise, inForce, judge, record, isFrozen }: {
  readonly supervise: Supervise;
  readonly inForce: Pick<InForce, "grants" | "drop">;
  readonly judge: Judge;
  readonly record: Recorder;
  readonly isFrozen: () => boolean;
}): SuperviseOrders {
  return {
    proposals: supervise.list,
    async approve({ op: _, ...request }) {
      if (isFrozen()) throw new SidecarsError("control-failed", "The bottle is frozen, and nothing is granted while it is: thaw it first. The proposal waits.");
      const ask = supervise.list().find(({ id }) => id === request.proposal)?.ask;
      // No route of the egress stands for it whose requests could be counted.
      if (ask?.kind === "pipelock" && request.uses !== undefined) throw notApproved(request.proposal, "What goes by the second hop's list is not counted: give it a time in place of a number of uses.");
      const fault = request.route !== undefined && (ask?.kind === "egress" || ask?.kind === "pipelock") ? await judge.grant(ask.kind, request.route) : undefined;
      if (fault !== undefined) throw notApproved(request.proposal, fault.refused);
      return supervise.approve(request);
    },
    reject: ({ op: _, ...request }) => supervise.reject(request),
    settle: ({ op: _, ...request }) => supervise.settle(request),
    grants: inForce.grants,
    async revoke({ proposal, by }) {
      const fault = await inForce.drop(proposal).then((isThere) => (isThere ? undefined : unknown(proposal)), (error: unknown) => error);
      if (fault instanceof SidecarsError && fault.code === "control-failed") throw fault;
      record({ type: "grant", decision: "revoked", proposal, by });
      if (fault === undefined) return;
      throw new SidecarsError("control-failed", `${proposal} is out of force, but a restart may bring it back: ${fault instanceof Error ? fault.message : String(fault)}`, { cause: fault });
    },
  };
}

function notApproved(id: string, why: string): SidecarsError {
  return new SidecarsError("control-failed", `${id} was not approved, for what would be granted cannot be. ${why}`);
}

function unknown(id: string): SidecarsError {
  return new SidecarsError("control-failed", `There is no grant ${id} in force. \`bottle grants\` lists those that are.`);
}
