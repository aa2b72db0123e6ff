import type { Proposal, ProposalDecision } from "@bottle/manifest";
import { askedRouteSchema } from "@bottle/manifest/state";
import * as v from "valibot";
import { SuperviseError } from "../errors.ts";
import type { Approval } from "../options.ts";

const longestName = 200;
const longestReason = 2000;

/**
 * What the operator said, as it is kept.
 * @throws SuperviseError `decision-invalid`
 */
export function checkDecision(proposal: Proposal, { by, reason, route, always, until, uses }: Omit<Approval, "proposal" | "hash">, now: number): ProposalDecision {
  const isOfRoute = proposal.ask.kind === "egress" || proposal.ask.kind === "pipelock";
  const refuse = (sentence: string): never => {
    throw new SuperviseError("decision-invalid", `${proposal.id} was not decided: ${sentence}`);
  };
  if (by.trim() === "" || by.length > longestName) refuse(`\`by\` says who decides, in 1 to ${longestName} characters.`);
  if (reason !== undefined && reason.length > longestReason) refuse(`the reason has ${reason.length} characters, and ${longestReason} are the most.`);
  if (!isOfRoute && [route, always, until, uses].some((said) => said !== undefined)) refuse("a route, a time, a number of uses and the manifest go with what asks for a route; this asks for something else.");
  if (route !== undefined && !v.is(askedRouteSchema, route)) refuse("what would be granted is not a route that can be asked for: host, and perhaps ports, methods, paths.");
  if (until !== undefined && !(Date.parse(until) > now)) refuse(`it would have ended at ${until.slice(0, 40)} already.`);
  if (uses !== undefined && !(Number.isSafeInteger(uses) && uses > 0)) refuse(`${uses} is not a number of uses.`);
  return {
    by, at: new Date(now).toISOString(),
    ...(reason !== undefined && reason !== "" && { reason }), ...(route && { route }), ...(always !== undefined && { always }), ...(until !== undefined && { until }), ...(uses !== undefined && { uses }),
  };
}
