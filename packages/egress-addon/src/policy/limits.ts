import { isObject, type Report, unknownKey } from "./check.ts";
import { grantOf } from "./grant.ts";
import type { EgressRoute, RouteLimits } from "./model.ts";

const keys: readonly (keyof RouteLimits)[] = ["requests", "requestsPerMinute", "bytesOutPerMinute", "concurrent"];

/**
 * What a route's limits are counted under: the same text for a route that says the same, so that a reload which leaves it as it
 * is does not start its counts anew.
 */
export function limitKey(route: EgressRoute): string {
  const grant = grantOf(route);
  if (grant !== undefined) return grantKey(grant);
  const { host, ports, methods, paths, auth, passthrough } = route;
  return JSON.stringify([host, ports, methods, paths, auth?.scheme, auth?.tokenRef, passthrough]);
}

/** The same for a route that was granted under a name. */
export function grantKey(grant: string): string {
  return `grant ${grant}`;
}

/** Reports everything that is wrong with a route's `limits`. */
export function checkLimits(limits: EgressRoute["limits"], report: Report): void {
  if (limits === undefined) return;
  if (!isObject(limits)) return report("limits must be an object");
  const unknown = unknownKey(limits, keys);
  if (unknown !== undefined) report(`limits has an unknown key ${unknown}`);
  for (const key of keys) {
    const value = limits[key];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) report(`limits.${key} must be a positive whole number`);
  }
}
