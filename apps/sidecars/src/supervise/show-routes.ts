import { type EgressPolicy, showRoute } from "@bottle/egress-addon";
import type { Grant } from "@bottle/manifest";

/** The routes in force for the agent's eyes: as `http://_egress.local/` shows them, and of grants how long they hold. */
export function showRoutes({ routes, grants: granted = [] }: EgressPolicy, grants: readonly Grant[]): readonly object[] {
  return [...routes.map(showRoute), ...granted.map((route) => {
    const { until, uses } = grants.find(({ proposal }) => proposal === route.grant) ?? {};
    return { ...showRoute(route), ...(until !== undefined && { until }), ...(uses !== undefined && { uses }) };
  })];
}

/** The text of `current-config/routes.json`. */
export function formatRoutes(generation: number, routes: readonly object[]): string {
  return `${JSON.stringify({ generation, default: "deny", routes }, undefined, 2)}\n`;
}
