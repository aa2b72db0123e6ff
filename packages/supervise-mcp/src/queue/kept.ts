import type { Proposal } from "@bottle/manifest";
import type { SuperviseLimits } from "../options.ts";
import { isOpen } from "./change.ts";
import { bytesOf } from "./files.ts";

/** The proposals of the files, in memory. */
export interface Kept {
  /** Newest first. */
  list(): readonly Proposal[];
  get(id: string): Proposal | undefined;
  set(proposal: Proposal): void;
  /** Forgets the decided ones that are too many or too large together, those decided longest ago first. @returns their ids */
  forget(limits: Pick<SuperviseLimits, "kept" | "keptBytes">): readonly string[];
}

/** @param found oldest first */
export function createKept(found: readonly Proposal[]): Kept {
  const proposals = new Map(found.map((proposal) => [proposal.id, { proposal, bytes: bytesOf(proposal) }]));
  return {
    list: () => [...proposals.values()].map(({ proposal }) => proposal).reverse(),
    get: (id) => proposals.get(id)?.proposal,
    set: (proposal) => void proposals.set(proposal.id, { proposal, bytes: bytesOf(proposal) }),
    forget({ kept, keptBytes }) {
      const over = [...proposals.values()].filter(({ proposal }) => !isOpen(proposal)).sort((a, b) => Date.parse(b.proposal.changedAt) - Date.parse(a.proposal.changedAt));
      let size = 0;
      const tooMany = over.filter(({ bytes }, at) => at >= kept || ((size += bytes) > keptBytes && at > 0)).map(({ proposal: { id } }) => id);
      for (const id of tooMany) proposals.delete(id);
      return tooMany;
    },
  };
}
