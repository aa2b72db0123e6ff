import type { EgressPolicy, EgressRoute } from "@bottle/egress-addon";
import type { EgressDeclaration, Route } from "@bottle/manifest";

/** A bottle's routes in the proxy's words, as they were declared. */
export function egressRoutes({ routes }: Pick<EgressDeclaration, "routes">): readonly EgressRoute[] {
  return routes.map(egressRoute);
}

/**
 * The policy that the proxy itself follows. With `engine: pipelock` its own scan is off: it then looks for credentials alone.
 * pipelock is told of the routes as they were declared, since it does not scan where a route's `dlp` is off.
 */
export function egressPolicy(routes: readonly EgressRoute[], { dlp, dangerouslyAllowAll }: Pick<EgressDeclaration, "dlp" | "dangerouslyAllowAll">): EgressPolicy {
  const own = dlp.engine === "pipelock" ? routes.map((route): EgressRoute => (route.deny || route.passthrough ? route : { ...route, dlp: "off" })) : routes;
  return { routes: own, ...(dangerouslyAllowAll === true && { dangerouslyAllowAll }) };
}

function egressRoute({ dlp, streaming, ...route }: Route): EgressRoute {
  if (streaming === true) return { ...route, dlp: { action: dlp ?? "block", streaming } };
  return { ...route, ...(dlp !== undefined && { dlp }) };
}
