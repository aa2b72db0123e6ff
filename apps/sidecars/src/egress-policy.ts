import type { EgressPolicy, EgressRoute } from "@bottle/egress-addon";
import type { EgressDeclaration, Route } from "@bottle/manifest";

/** A bottle's declaration in the proxy's words. With `engine: pipelock` the proxy's own scan is off: it then looks for credentials alone. */
export function egressPolicy({ routes, dlp, dangerouslyAllowAll }: EgressDeclaration): EgressPolicy {
  const own = dlp.engine === "pipelock" ? routes.map(({ streaming: _, ...route }): Route => (route.deny || route.passthrough ? route : { ...route, dlp: "off" })) : routes;
  return { routes: own.map(egressRoute), ...(dangerouslyAllowAll === true && { dangerouslyAllowAll }) };
}

function egressRoute({ dlp, streaming, ...route }: Route): EgressRoute {
  if (streaming === true) return { ...route, dlp: { action: dlp ?? "block", streaming } };
  return { ...route, ...(dlp !== undefined && { dlp }) };
}
