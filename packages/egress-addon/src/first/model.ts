/** How a route puts a credential on the wire; `tokenRef` is what the owner's `tokens` is asked for. */
export interface EgressAuth {
  readonly scheme: "bearer" | "basic" | "token" | "header" | "query";
  readonly tokenRef: string;
  /** The header's or the query parameter's name; for `header` and `query` only. */
  readonly name?: string;
}

/** One allowed destination. Absent lists mean: ports 80 and 443, every method, every path. */
export interface EgressRoute {
  /** Lower-case host, or `*.` and a host: its subdomains, not itself. */
  readonly host: string;
  readonly ports?: readonly number[];
  readonly methods?: readonly string[];
  /** `*` is within one segment, `**` any number of segments. */
  readonly paths?: readonly string[];
  readonly auth?: EgressAuth;
}

/** What may leave. No routes: nothing. */
export interface EgressPolicy {
  readonly routes: readonly EgressRoute[];
}

/** A private or special address that one host and port may have. */
export interface PrivateAllowance {
  readonly host: string;
  readonly port: number;
  readonly cidr: string;
}

/** Where the proxy listens: a Unix socket path, or host and port (0: any free). */
export type ListenAddress = { readonly unix: string } | { readonly host: string; readonly port: number };

/** One request, allowed or denied, when it is over. */
export interface EgressEvent {
  readonly type: "request";
  readonly decision: "allow" | "deny";
  /** Who decided: `policy`, `guard`, `credential`, `upstream`, `operator`. */
  readonly layer: string;
  /** A stable word: `allowed`, `no-route`, `git-push`, … */
  readonly reason: string;
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The deciding route's host. */
  readonly route?: string;
  readonly status?: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  /** Which credential was put on the wire. */
  readonly tokenRef?: string;
  readonly durationMs: number;
}

/** What `startEgressProxy` needs. */
export interface EgressOptions {
  readonly listen: ListenAddress;
  /** Folder of the CA (0700), made here if it is empty: `ca.pem`, public, and `ca.key`, 0600. */
  readonly caDirectory: string;
  readonly policy: EgressPolicy;
  /** A credential's value now; undefined: there is none, and its routes are refused. */
  readonly tokens: (tokenRef: string) => string | undefined;
  /** Basic credential that clients must present. */
  readonly proxyCredential?: { readonly username: string; readonly password: string };
  /** Host → `address` or `address:port`, in place of DNS. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** PEM of CAs upstreams may be signed by, besides the system's. */
  readonly upstreamCas?: readonly string[];
  readonly allowPrivate?: readonly PrivateAllowance[];
  readonly onEvent?: (event: EgressEvent) => void;
  /** A sentence for denials: how to ask for more. */
  readonly howToAsk?: string;
}

/** A running proxy. Disposing closes every connection and listener. */
export interface EgressProxy extends AsyncDisposable {
  readonly address: ListenAddress;
  /** PEM of the CA clients must trust. */
  readonly caCertificate: string;
  /** Counts policies, from 1. */
  readonly generation: number;
  /**
   * Validates a policy whole, then swaps it in and cuts tunnels without a route.
   * @returns the new generation
   * @throws EgressError `policy-invalid`; the old policy stays
   */
  reload(policy: EgressPolicy): number;
  /** Cuts everything and refuses everything until `thaw`. */
  freeze(): void;
  thaw(): void;
  stats(): { readonly allowed: number; readonly denied: number; readonly connections: number; readonly frozen: boolean };
}
