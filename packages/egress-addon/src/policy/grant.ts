import { type Report, unknownKey } from "./check.ts";
import type { EgressRoute, GrantedRoute } from "./model.ts";

const keys: readonly (keyof GrantedRoute)[] = ["grant", "host", "ports", "methods", "paths", "limits"];

/** The name that a route was granted under; `undefined` for one that was not. */
export function grantOf(route: EgressRoute): string | undefined {
  return "grant" in route && typeof route.grant === "string" ? route.grant : undefined;
}

/** Reports everything that makes a granted route more than one may be; the rest is judged as of any route. */
export function checkGrant(route: GrantedRoute, others: ReadonlySet<string>, report: Report): void {
  const { grant, limits } = route;
  const unknown = unknownKey(route, keys);
  if (unknown !== undefined) report(`a grant cannot have ${unknown}`);
  if (typeof grant !== "string" || !/^[A-Za-z0-9-]{1,64}$/.test(grant)) report("grant must be 1 to 64 letters, digits and -");
  if (others.has(grant)) report("another grant has this name");
  const limit = typeof limits === "object" && limits !== null ? unknownKey(limits, ["requests"]) : undefined;
  if (limit !== undefined) report(`a grant cannot have limits.${JSON.parse(limit) as string}`);
}
