import { looksLikeExfiltration } from "@bottle/secret-scan/known";
import type { EgressRoute } from "./model.ts";

/**
 * Whether a name that only a wildcard allows looks as if it carried data in its labels: looking it up would already send them to
 * whoever serves the domain. `dlp: "off"` lets every name pass.
 */
export function isCarrier({ host, dlp }: EgressRoute, name: string): boolean {
  const action = typeof dlp === "object" ? dlp.action : dlp;
  return host.startsWith("*") && action !== "off" && looksLikeCarrier(name);
}

// One request after the other names the same.
let latest: { readonly name: string; readonly isCarrier: boolean } | undefined;

function looksLikeCarrier(name: string): boolean {
  if (latest?.name !== name) latest = { name, isCarrier: looksLikeExfiltration(name) };
  return latest.isCarrier;
}
