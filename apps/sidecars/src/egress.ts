import { startEgressProxy, type EgressEvent, type EgressOptions, type EgressProxy } from "@bottle/egress-addon";
import type { NetworkEvent, SidecarsConfig } from "@bottle/manifest";

const howToAsk = "Ask the operator: a route is added in the bottle's manifest, under egress.routes. Do not try other ways out, there are none.";
const howToAskSupervise = "Ask the operator with the tool egress-block of the MCP server supervise: host, port, method and path of this request, and why you need it. "
  + "Once it is approved, send it again. Do not try other ways out, there are none.";

/** What the egress needs besides a bottle's configuration. */
export interface StartEgressOptions extends Required<Pick<EgressOptions, "policy" | "tokens" | "ownPorts" | "onEvent" | "onGrantUse">> {
  readonly via: EgressOptions["via"];
}

/** Starts the proxy of a bottle. @throws EgressError */
export function startEgress({ listen, supervise, egress }: SidecarsConfig, { via, ...options }: StartEgressOptions): Promise<EgressProxy> {
  const { caDirectory, declaration: { dlp, hosts, allowPrivate }, upstreamCas, secrets = [], placeholders, proxyCredential } = egress;
  return startEgressProxy({
    ...options, listen: listen.egress, caDirectory, secrets, proxyCredential, hosts, upstreamCas, allowPrivate,
    packs: dlp.packs ?? [],
    ...(placeholders && { placeholders }),
    ...(via && { via }),
    howToAsk: supervise ? howToAskSupervise : howToAsk,
  });
}

/** A request as it is recorded: how long it took is not, and which grant let it through stands with the route. */
export function networkEvent({ type: _, durationMs: __, route, grant, ...event }: EgressEvent): NetworkEvent {
  return { type: "network", ...event, ...(route !== undefined && { route: grant === undefined ? route : `${route} (grant ${grant})` }) };
}
