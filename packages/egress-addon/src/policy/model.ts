/** How a credential is put on the wire. */
export interface RouteAuth {
  /**
   * `bearer`: `Authorization: Bearer VALUE` (RFC 6750). `basic`: RFC 7617, of `user:password`, or of a lone token as the user.
   * `token`: `Authorization: token VALUE`. `header`: the header `name` is VALUE. `query`: the parameter `name` is VALUE.
   */
  readonly scheme: "bearer" | "basic" | "token" | "header" | "query";
  /** What the proxy's `tokens` function is asked for. Never the value itself. */
  readonly tokenRef: string;
  /** Present exactly for `header` and `query`. */
  readonly name?: string;
}

/** One allowed destination. Absent lists mean: ports 80 and 443, every method, every path. */
export interface EgressRoute {
  /** A host name or IP literal, or `*.` and a host name (subdomains only, not the apex). */
  readonly host: string;
  readonly ports?: readonly number[];
  /** Upper-case HTTP methods. */
  readonly methods?: readonly string[];
  /** Patterns over the decoded path: `*` within one segment (alone: one whole segment), `**` any number of segments. */
  readonly paths?: readonly string[];
  readonly auth?: RouteAuth;
  /** Kept for the scan of requests; has no effect yet. */
  readonly dlp?: "block" | "warn" | "off";
}

/** What may leave. No routes: nothing leaves. */
export interface EgressPolicy {
  readonly routes: readonly EgressRoute[];
}
