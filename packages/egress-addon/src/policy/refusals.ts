/** Who refused: the form of the request, the proxy login, the authority check, a route or its limits, a guard, the scan for secrets (`dlp`), or the world outside. */
export type RefusalLayer = "request" | "authentication" | "authority" | "route" | "limit" | "git" | "credential" | "dlp" | "address" | "state" | "upstream";

/** `ask`: a plain miss, the operator may allow it. `later`: the same request may work later. `never`: no route can allow it. */
export type Retry = "ask" | "later" | "never";

interface Refusal {
  readonly layer: RefusalLayer;
  readonly status: number;
  readonly retry: Retry;
  readonly message: string;
}

/** Every refusal there is, by its stable reason. */
export const refusals = {
  "request-malformed": { layer: "request", status: 400, retry: "never", message: "The request could not be parsed." },
  "request-too-large": { layer: "request", status: 431, retry: "never", message: "The request's head is too large." },
  "request-timeout": { layer: "request", status: 408, retry: "later", message: "The request's head took too long." },
  "request-target-form": { layer: "request", status: 400, retry: "never", message: "Send http:// URLs whole, everything else through CONNECT." },
  "request-host-header": { layer: "request", status: 400, retry: "never", message: "The request must have exactly one valid Host header." },
  "transfer-encoding": { layer: "request", status: 501, retry: "never", message: "The only transfer encoding understood is chunked." },
  "path-ambiguous": { layer: "request", status: 403, retry: "never", message: "The path can be read in more than one way. Send it without dot segments, backslashes and double encoding." },
  "host-invalid": { layer: "request", status: 403, retry: "never", message: "The host is not a plain name or a canonical IP address." },
  "port-invalid": { layer: "request", status: 403, retry: "never", message: "The port is not a number from 1 to 65535." },
  "method-forbidden": { layer: "request", status: 403, retry: "never", message: "This method is never passed on." },
  "connect-nested": { layer: "request", status: 400, retry: "never", message: "A tunnel cannot be opened inside a tunnel." },
  "upgrade-unknown": { layer: "request", status: 400, retry: "never", message: "Only an upgrade to WebSocket is passed on." },
  "proxy-login": { layer: "authentication", status: 407, retry: "never", message: "This proxy asks for its own credential (Basic)." },
  "authority-mismatch": { layer: "authority", status: 421, retry: "never", message: "CONNECT host, TLS server name, Host header and URL must name the same host and port." },
  "no-route": { layer: "route", status: 403, retry: "ask", message: "No route allows this host." },
  "port-not-allowed": { layer: "route", status: 403, retry: "ask", message: "A route allows this host, but not this port." },
  "method-not-allowed": { layer: "route", status: 403, retry: "ask", message: "A route allows this host, but not this method." },
  "path-not-allowed": { layer: "route", status: 403, retry: "ask", message: "A route allows this host, but not this path." },
  "route-denied": { layer: "route", status: 403, retry: "never", message: "A route denies this, whatever other routes allow." },
  "websocket-not-allowed": { layer: "route", status: 403, retry: "never", message: "A route allows this host, and says that no WebSocket may be opened there." },
  "passthrough-only": { layer: "route", status: 403, retry: "never", message: "To this host and port only TLS in a tunnel is passed, unread. A request that the proxy would have to read is not sent there: use https." },
  "tunnel-not-tls": { layer: "route", status: 403, retry: "never", message: "To this host and port only TLS in a tunnel is passed, and this tunnel carries something else." },
  "limit-requests": { layer: "limit", status: 429, retry: "later", message: "The route's requests of this minute are used up. Wait a minute." },
  "limit-bytes": { layer: "limit", status: 429, retry: "later", message: "The bytes that the route may be sent in a minute are used up. Wait a minute, or send less." },
  "limit-concurrent": { layer: "limit", status: 429, retry: "later", message: "As many requests as the route allows are under way. Wait until one ends." },
  "limit-uses": { layer: "limit", status: 403, retry: "ask", message: "The route was for a number of requests, and they are used up: the grant is at its end." },
  "git-push": { layer: "git", status: 403, retry: "never", message: "A git push over HTTPS is never passed on. Push to the git gate: an upstream declared in the bottle's manifest is rewritten to it." },
  "credential-needs-tls": { layer: "credential", status: 403, retry: "never", message: "This route has a credential, which is sent over https only." },
  "credential-unavailable": { layer: "credential", status: 403, retry: "later", message: "This route needs a credential that the operator has not provided." },
  "credential-invalid": { layer: "credential", status: 403, retry: "later", message: "This route's credential has characters that cannot be sent, for example a line break." },
  "placeholder-misused": { layer: "credential", status: 403, retry: "never", message: "The request carries the stand-in of a credential that does not belong to this host or place. Nothing was sent, and the operator is told." },
  "signature-missing": { layer: "credential", status: 403, retry: "never", message: "This route signs for AWS (Signature Version 4), and the request has no one readable signature to replace. Sign it with any keys." },
  "signature-scope": { layer: "credential", status: 403, retry: "never", message: "The request is signed for another AWS region or service than the route allows." },
  "signature-unsupported": { layer: "credential", status: 403, retry: "never", message: "This kind of AWS signature cannot be made anew: SigV4A and signed event streams are not supported. Use SigV4." },
  "signature-body-too-large": { layer: "credential", status: 413, retry: "never", message: "The signature covers the body, which is too large to be held for it. Send its SHA-256 in x-amz-content-sha256, or smaller chunks." },
  "secret-found": { layer: "dlp", status: 403, retry: "never", message: "A secret was found in the request. It is not sent: take it out. The field `where` says in which part it is." },
  "unscannable": { layer: "dlp", status: 403, retry: "never", message: "The request cannot be searched for secrets: its encoding is unknown or broken, or it is too large. Send it plain, or in smaller parts." },
  "host-shape": { layer: "dlp", status: 403, retry: "never", message: "The host name looks as if it carried data. Names with long, random or encoded labels are not looked up." },
  "address-forbidden": { layer: "address", status: 403, retry: "never", message: "The host's address is private or special." },
  "own-listener": { layer: "address", status: 403, retry: "never", message: "The address is the proxy's own." },
  "frozen": { layer: "state", status: 403, retry: "later", message: "The operator has frozen this bottle's network." },
  "response-encoded": { layer: "upstream", status: 502, retry: "never", message: "The upstream compressed an answer that must be searched for the route's credential, though asked not to." },
  "name-not-found": { layer: "upstream", status: 502, retry: "later", message: "The host's name could not be resolved." },
  "upstream-unreachable": { layer: "upstream", status: 502, retry: "later", message: "The upstream could not be reached." },
  "upstream-untrusted": { layer: "upstream", status: 502, retry: "later", message: "The upstream's certificate is not trusted for this host." },
  "upstream-broken": { layer: "upstream", status: 502, retry: "later", message: "The upstream broke the connection or the protocol." },
  "upstream-timeout": { layer: "upstream", status: 504, retry: "later", message: "The upstream took too long." },
  "hop-refused": { layer: "upstream", status: 502, retry: "later", message: "The operator's upstream proxy refused to connect to this host." },
  "hop-unreachable": { layer: "upstream", status: 502, retry: "later", message: "The operator's upstream proxy could not be reached." },
  "pipelock-blocked": { layer: "dlp", status: 403, retry: "never", message: "The operator's pipelock refused this request, most likely because it found a secret in it." },
  "internal": { layer: "state", status: 500, retry: "later", message: "The proxy failed on this request." },
} as const satisfies Record<string, Refusal>;

/** The stable code of a refusal, as in `x-bottle-block-reason`. */
export type RefusalReason = keyof typeof refusals;
