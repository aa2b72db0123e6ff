/** How a credential is put on the wire. */
export interface RouteAuth {
  /**
   * `bearer`: `Authorization: Bearer VALUE` (RFC 6750). `basic`: RFC 7617, of `user:password`, or of a lone token as the user.
   * `token`: `Authorization: token VALUE`. `header`: the header `name` is VALUE. `query`: the parameter `name` is VALUE.
   * `placeholder`: VALUE takes the place of this bottle's random stand-in, wherever the program put it.
   * `sigv4`: the request is signed anew with AWS Signature Version 4.
   */
  readonly scheme: "bearer" | "basic" | "token" | "header" | "query" | "placeholder" | "sigv4";
  /** What the proxy's `tokens` function is asked for. Never the value itself. */
  readonly tokenRef: string;
  /** Present exactly for `header` and `query`. */
  readonly name?: string;
  /** `placeholder` only: where the stand-in is replaced. Absent: in headers and the URL. */
  readonly in?: readonly ("header" | "url" | "body")[];
  /** `sigv4` only: the region that a request may be signed for. Absent: what the client's own signature names. */
  readonly region?: string;
  /** `sigv4` only: the service that a request may be signed for, for example `s3`. Absent: what the client's own signature names. */
  readonly service?: string;
}

/** How much may go out by a route, over all its hosts together. Positive whole numbers; absent: no limit. */
export interface RouteLimits {
  /** In all, for as long as the route is in force: over reloads that leave it as it is, and anew once it was out of force. WebSockets count as one. */
  readonly requests?: number;
  readonly requestsPerMinute?: number;
  /** Bytes of request bodies, WebSocket messages and tunnels that are passed unread. */
  readonly bytesOutPerMinute?: number;
  /** Requests, WebSockets and unread tunnels open at one time. */
  readonly concurrent?: number;
}

/** What is done about a secret in a request. */
export type DlpAction = "block" | "warn" | "off";

/** What one destination may be sent, or, with `deny`, what may not be sent whatever other routes say. */
export interface EgressRoute {
  /**
   * A host name or IP literal, or `*.` and a host name (subdomains only, not the apex). A name in Unicode is written in its
   * ASCII form (`xn--…`). `*` (any host) only in a policy with `dangerouslyAllowAll`.
   */
  readonly host: string;
  /** Absent: 80 and 443; of a `passthrough` route 443; of a `deny` route every port. */
  readonly ports?: readonly number[];
  /** Upper-case HTTP methods. Absent: every method. */
  readonly methods?: readonly string[];
  /**
   * Patterns over the decoded path: `*` within one segment (alone: one whole segment), `**` any number of segments. Absent: every
   * path. Of a `deny` route they are compared as the loosest server would, without case, empty segments, and dots at a segment's end.
   */
  readonly paths?: readonly string[];
  readonly auth?: RouteAuth;
  /**
   * `true`: what fits this route is refused, whatever other routes allow. No `auth`, `dlp`, `limits`, `websocket` or `passthrough`
   * may stand beside it. It names hosts, not what they resolve to.
   */
  readonly deny?: boolean;
  /** Absent: an upgrade to WebSocket (RFC 6455) is allowed as any GET. `false`: it is refused. */
  readonly websocket?: boolean;
  /**
   * `true`: tunnels to this host are not intercepted: no method, path, secret or credential is looked at or put in. Only `host`,
   * `ports`, `limits.concurrent` and `dlp: "off"` may stand beside it, and no other route that a request inside would need.
   */
  readonly passthrough?: boolean;
  readonly limits?: RouteLimits;
  /**
   * Absent: `block`. With `streaming: true` an upload over the scan's limit goes out with the rest of it unscanned; absent or
   * `false`: on `block` it is refused.
   */
  readonly dlp?: DlpAction | { readonly action: DlpAction; readonly streaming?: boolean };
}

/**
 * A route that was granted while the proxy runs. It allows what fits no other route, and changes nothing of what does: it has no credential, is
 * scanned with `block`, and is no way round a deny route, a passthrough route, a limit, `websocket: false`, or the TLS that a credential needs.
 */
export interface GrantedRoute extends Pick<EgressRoute, "host" | "ports" | "methods" | "paths"> {
  /** Letters, digits and `-`. Its requests are counted under it, and events name it. */
  readonly grant: string;
  readonly limits?: Pick<RouteLimits, "requests">;
}

/** What may leave. No routes: nothing leaves. */
export interface EgressPolicy {
  readonly routes: readonly EgressRoute[];
  readonly grants?: readonly GrantedRoute[];
  /** Only with the literal `true` may a route's host be `*`, which is any host and never takes `auth` or `passthrough`. */
  readonly dangerouslyAllowAll?: boolean;
}
