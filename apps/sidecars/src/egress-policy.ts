import type { EgressPolicy, EgressRoute } from "@bottle/egress-addon";
import type { EgressDeclaration, Route } from "@bottle/manifest";

/** A bottle's declaration in the proxy's words. */
export function egressPolicy({ routes, dangerouslyAllowAll }: EgressDeclaration): EgressPolicy {
  return { routes: routes.map(egressRoute), ...(dangerouslyAllowAll === true && { dangerouslyAllowAll }) };
}

function egressRoute({ dlp, streaming, ...route }: Route): EgressRoute {
  if (streaming === true) return { ...route, dlp: { action: dlp ?? "block", streaming } };
  return { ...route, ...(dlp !== undefined && { dlp }) };
}
