import { compilePolicy, type EgressPolicy } from "@bottle/egress-addon";
import type { Grant, GrantEvent } from "@bottle/manifest";
import { endOf, grantedRoutes } from "./granted-routes.ts";

/** What of kept grants is in force again, and what is not, with why. */
export interface Restored {
  readonly grants: readonly Grant[];
  readonly ended: readonly GrantEvent[];
}

/** Judges what the last process left: what has ended meanwhile, or does not go with the bottle's own routes any more, is dropped. */
export function restoreGrants(kept: readonly Grant[], { policy, now }: { readonly policy: EgressPolicy; readonly now: number }): Restored {
  const grants: Grant[] = [];
  const ended: GrantEvent[] = [];
  for (const grant of kept) {
    const { proposal } = grant;
    const end = endOf(grant, now);
    const fault = end ?? faultOf([...grants, grant], policy);
    if (fault === undefined) grants.push(grant);
    else if (end !== undefined) ended.push({ type: "grant", decision: end, proposal });
    else ended.push({ type: "grant", decision: "revoked", proposal, detail: fault });
  }
  return { grants, ended };
}

function faultOf(grants: readonly Grant[], policy: EgressPolicy): string | undefined {
  try {
    compilePolicy({ ...policy, grants: grantedRoutes(grants, () => 0) });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
