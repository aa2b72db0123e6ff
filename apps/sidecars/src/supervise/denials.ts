import type { EgressEvent } from "@bottle/egress-addon";

/** What was refused last, by host; of the hosts that were refused last. */
export interface Denials {
  /** Takes every event of the egress. */
  take(event: Pick<EgressEvent, "decision" | "host" | "layer" | "reason">): void;
  last(host: string): { readonly layer: string; readonly reason: string } | undefined;
}

const mostHosts = 1000;

/** Remembers the last refusal of each host until something is let through to it. An agent can make it forget, but not grow. */
export function rememberDenials(): Denials {
  const refused = new Map<string, { readonly layer: string; readonly reason: string }>();
  return {
    take({ decision, host, layer, reason }) {
      refused.delete(host);
      if (decision === "allow") return;
      refused.set(host, { layer, reason });
      const [oldest] = refused.size > mostHosts ? refused.keys() : [];
      if (oldest !== undefined) refused.delete(oldest);
    },
    last: (host) => refused.get(host),
  };
}
