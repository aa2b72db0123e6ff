import type { EgressEvent } from "../../events.ts";
import type { EgressStats } from "../../options.ts";
import { type Metric, renderMetrics } from "./exposition.ts";

/** What is read when the numbers are asked for. */
export interface Snapshot {
  readonly stats: EgressStats;
  readonly generation: number;
  readonly tokensMissing: number;
}

/** The numbers of one proxy since its start. */
export interface Metrics {
  /** Counts one finished request. */
  observe(event: EgressEvent): void;
  /** Counts one reload. */
  reloaded(outcome: "applied" | "refused", at: Date): void;
  auditFailed(): void;
  /** In Prometheus' text format 0.0.4. */
  render(now: Snapshot): string;
}

/**
 * Counts by decision, layer and reason: words of this program, never a host or a path that a client chose. The routes' own hosts
 * are the operator's words.
 */
export function createMetrics({ version, startedAt }: { readonly version: string; readonly startedAt: Date }): Metrics {
  const requests = new Map<string, { readonly labels: Readonly<Record<string, string>>; count: number }>();
  const findings = new Map<string, { readonly labels: Readonly<Record<string, string>>; readonly count: number }>();
  const byRoute = new Map<string, { requests: number; bytesOut: number; bytesIn: number }>();
  const reloads = { applied: 0, refused: 0 };
  let lastReload = startedAt;
  let auditFailures = 0;
  let alarms = 0;
  return {
    observe({ decision, layer, reason, route, bytesOut, bytesIn, alarm, findings: found = [] }) {
      for (const { kind, rule } of found) findings.set(`${kind} ${rule}`, { labels: { kind, rule }, count: (findings.get(`${kind} ${rule}`)?.count ?? 0) + 1 });
      if (alarm === true) alarms += 1;
      const key = `${decision} ${layer} ${reason}`;
      const counted = requests.get(key) ?? { labels: { decision, layer, reason }, count: 0 };
      counted.count += 1;
      requests.set(key, counted);
      if (route === undefined) return;
      const sums = byRoute.get(route) ?? { requests: 0, bytesOut: 0, bytesIn: 0 };
      byRoute.set(route, { requests: sums.requests + 1, bytesOut: sums.bytesOut + bytesOut, bytesIn: sums.bytesIn + bytesIn });
    },
    reloaded(outcome, at) {
      reloads[outcome] += 1;
      if (outcome === "applied") lastReload = at;
    },
    auditFailed: () => void (auditFailures += 1),
    render({ stats, generation, tokensMissing }) {
      const routes = [...byRoute.entries()];
      const metrics: readonly Metric[] = [
        { name: "egress_build_info", type: "gauge", help: "The program's version and its Node's.", samples: [{ labels: { version, node: process.versions.node }, value: 1 }] },
        { name: "egress_start_time_seconds", type: "gauge", help: "When the proxy started, in seconds since 1970.", samples: [{ value: startedAt.getTime() / 1_000 }] },
        { name: "egress_requests_total", type: "counter", help: "Finished requests.", samples: [...requests.values()].map(({ labels, count }) => ({ labels, value: count })) },
        { name: "egress_bytes_total", type: "counter", help: "Body bytes to upstreams (out) and from them (in).", samples: [
          { labels: { direction: "out" }, value: stats.bytesOut }, { labels: { direction: "in" }, value: stats.bytesIn },
        ] },
        { name: "egress_route_requests_total", type: "counter", help: "Finished requests that a route allowed, by the route's host.", samples: routes.map(([route, sums]) => ({ labels: { route }, value: sums.requests })) },
        { name: "egress_route_bytes_total", type: "counter", help: "Body bytes by the route's host.", samples: routes.flatMap(([route, sums]) => [
          { labels: { route, direction: "out" }, value: sums.bytesOut }, { labels: { route, direction: "in" }, value: sums.bytesIn },
        ]) },
        { name: "egress_dlp_findings_total", type: "counter", help: "What the scan found in requests, by rule.", samples: [...findings.values()].map(({ labels, count }) => ({ labels, value: count })) },
        { name: "egress_connections", type: "gauge", help: "Client connections open now.", samples: [{ value: stats.connections }] },
        { name: "egress_active_flows", type: "gauge", help: "Tunnels, requests and WebSockets under way now.", samples: [{ value: stats.active }] },
        { name: "egress_frozen", type: "gauge", help: "1 while everything is refused.", samples: [{ value: Number(stats.frozen) }] },
        { name: "egress_policy_generation", type: "gauge", help: "1 at the start, one more with every policy that came into force.", samples: [{ value: generation }] },
        { name: "egress_reloads_total", type: "counter", help: "Reloads, applied or refused.", samples: Object.entries(reloads).map(([outcome, value]) => ({ labels: { outcome }, value })) },
        { name: "egress_last_reload_seconds", type: "gauge", help: "When the policy in force came into force, in seconds since 1970.", samples: [{ value: lastReload.getTime() / 1_000 }] },
        { name: "egress_audit_failures_total", type: "counter", help: "Audit lines that could not be written; each froze the proxy.", samples: [{ value: auditFailures }] },
        { name: "egress_alarms_total", type: "counter", help: "Requests that carried a placeholder where it does not belong, or a value that was never inside.", samples: [{ value: alarms }] },
        { name: "egress_tokens_missing", type: "gauge", help: "Declared tokens that have no value now.", samples: [{ value: tokensMissing }] },
      ];
      return renderMetrics(metrics);
    },
  };
}
