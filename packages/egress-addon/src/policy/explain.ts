import type { CompiledRoute } from "./compile-route.ts";
import { type CompiledPolicy, denialsFor, routesFor } from "./compile.ts";
import { decide, type Decision, type DecisionRequest, readSubject } from "./decide.ts";
import { denialMissOf, type MatchSubject, type Miss, missOf } from "./match.ts";
import type { EgressRoute } from "./model.ts";

/** A route that names the request's host, and what came of it. */
export interface ConsideredRoute {
  /** Its place in the policy, from 1. */
  readonly position: number;
  readonly route: EgressRoute;
  /** `decides`; `fits`, but another one decided; or the first thing about the request that does not fit it. */
  readonly outcome: "decides" | "fits" | Miss;
}

/** A decision with all that led to it. */
export interface Explanation {
  readonly request: DecisionRequest;
  readonly decision: Decision;
  /** In the order of precedence: deny routes, then the most specific hosts. Empty if a guard refused, or no route names the host. */
  readonly considered: readonly ConsideredRoute[];
}

/** Decides a request as `decide` does, and says of every route that names its host why it counted or did not. Pure and total. */
export function explain(policy: CompiledPolicy, request: DecisionRequest): Explanation {
  const decision = decide(policy, request);
  const read = readSubject(request);
  if (typeof read === "string") return { request, decision, considered: [] };
  const consider = (missIn: (candidate: CompiledRoute, subject: MatchSubject) => Miss | undefined) => (candidate: CompiledRoute): ConsideredRoute => {
    const { position, route } = candidate;
    const miss = missIn(candidate, read.subject);
    const isDecisive = decision.route === route && (miss === undefined || miss === "passthrough");
    return { position, route, outcome: isDecisive ? "decides" : miss ?? "fits" };
  };
  const denials = denialsFor(policy, read.host).map(consider(denialMissOf));
  const allows = routesFor(policy, read.host).map(consider(missOf));
  return { request, decision, considered: [...denials, ...allows] };
}
