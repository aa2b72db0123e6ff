/** A proxy of the operator's that upstreams are reached through, by HTTP CONNECT (RFC 9110 §9.3.6). */
export interface UpstreamProxy {
  /** `http://host:port` or `https://host:port`; a name is resolved by this machine, and its address is not guarded. */
  readonly proxy: string;
  /** Sent to the proxy alone, as Basic proxy authorisation (RFC 7617). */
  readonly credential?: { readonly username: string; readonly password: string };
  /** Upstreams that are dialled directly, by curl's rules: `*`, a name with its subdomains, an address or a range; `:port` narrows each. */
  readonly noProxy?: readonly string[];
  /** PEM certificates of CAs that the proxy itself, and what comes through it, may be signed by, besides the usual ones. */
  readonly caCertificates?: readonly string[];
  /** `pipelock`: it reads what passes, and its refusals (403 `blocked: …`) are told as this proxy's own. Default `proxy`. */
  readonly kind?: "proxy" | "pipelock";
}
