import type { EgressDeclaration } from "@bottle/manifest";
import { egressRoutes } from "./egress-policy.ts";

/** What the pipelock of a bottle would not see, as sentences for the operator; none for a bottle without one. */
export async function unscannedByPipelock(declaration: EgressDeclaration): Promise<readonly string[]> {
  if (declaration.dlp.engine === "builtin") return [];
  const { describeUnscanned, pipelockHosts } = await import("@bottle/egress-addon/pipelock");
  return describeUnscanned(pipelockHosts(egressRoutes(declaration)), declaration.allowPrivate);
}
