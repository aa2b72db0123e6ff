import type { Grant, Metadata, Proposal } from "@bottle/manifest";
import { parseGrants, parseProposal } from "@bottle/manifest/state";
import { callControl, type ControlReply, type SuperviseRequest } from "@bottle/sidecars";
import type { StateStore } from "@bottle/backend-core";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { backendNamed } from "../services/backends.ts";

/** A running bottle's sidecars, as those that keep the queue and the grants. */
export interface Supervisor {
  proposals(): Promise<readonly Proposal[]>;
  grants(): Promise<readonly Grant[]>;
  /** Gives an order about one proposal and returns it as it is then. @throws CliError `proposal-refused` with what the sidecars said */
  decide(request: Extract<SuperviseRequest, { readonly op: "approve" | "reject" | "settle" }>): Promise<Proposal>;
  /** @throws CliError `proposal-refused` */
  revoke(request: Extract<SuperviseRequest, { readonly op: "revoke" }>): Promise<void>;
}

/** The supervisor of a bottle; each call throws SidecarsError `control-failed` if nobody answers. */
export async function supervisorOf(context: Context, state: StateStore, { identity, backend: name }: Pick<Metadata, "identity" | "backend">): Promise<Supervisor> {
  const backend = await backendNamed(context, state, name);
  const order = async (request: SuperviseRequest): Promise<Extract<ControlReply, { readonly ok: true }>> => {
    const reply = await callControl(() => backend.control(identity, context.signal), request, { signal: context.signal });
    if (reply.ok) return reply;
    throw new CliError("proposal-refused", reply.message, { status: exitStatus.refused });
  };
  // What came over the socket passes the parsers of the files.
  const parsed = (value: unknown): Proposal => parseProposal(JSON.stringify(value));
  return {
    proposals: async () => {
      const { proposals } = await order({ op: "proposals" });
      return Array.isArray(proposals) ? proposals.map(parsed).filter((proposal) => proposal.identity === identity) : [];
    },
    grants: async () => parseGrants(JSON.stringify((await order({ op: "grants" }))["grants"])),
    decide: async (request) => parsed((await order(request))["proposal"]),
    revoke: async (request) => void await order(request),
  };
}
