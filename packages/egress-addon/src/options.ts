import type { KnownSecret } from "@bottle/secret-scan";
import type { PrivateAllowance, UpstreamProxy } from "@bottle/way-out";
import type { Tokens } from "./credentials/tokens.ts";
import type { EgressEvent } from "./events.ts";
import type { GrantUse } from "./limits/limits.ts";
import type { EgressPolicy } from "./policy/model.ts";

/** A Unix socket path, or host and port (0: any free). */
export type ListenAddress = { readonly unix: string } | { readonly host: string; readonly port: number };

/** How long things may take, in milliseconds. */
export interface EgressTimeouts {
  /** From a connection to its first complete request head; also for later heads. Default 15 000. */
  readonly headMs?: number;
  /** From the end of an answer to the next request on the same connection, or HTTP/2 session. Default 75 000. */
  readonly idleMs?: number;
  /** From CONNECT's answer to a finished TLS handshake. Default 10 000. */
  readonly handshakeMs?: number;
  /** Name resolution, connection and TLS to an upstream together. Default 10 000. */
  readonly connectMs?: number;
  /** From a request, or a WebSocket upgrade, sent to the head of its answer. Default 900 000: a model may think for long. */
  readonly answerMs?: number;
}

/** How a proxy is set up. */
export interface EgressOptions {
  readonly listen: ListenAddress;
  /** Directory (0700) of the CA; made if empty. `ca.pem` in it is the public certificate. */
  readonly caDirectory: string;
  /** The CA's common name; default "bottle egress" and a random word. */
  readonly caName?: string;
  readonly policy: EgressPolicy;
  /** Where the values of credentials come from; `createTokenSources` makes one of variables, files and commands. */
  readonly tokens: Tokens;
  /**
   * What the program inside holds in a credential's place, by tokenRef: at least 24 random letters, digits, `.`, `-` or `_`, as
   * `createPlaceholder` makes them. Sent anywhere but to a route of this tokenRef, it is refused, and the event says `alarm`.
   */
  readonly placeholders?: Readonly<Record<string, string>>;
  /**
   * Values that must not leave but by a route with `dlp` other than `block`: what the program inside was given, for example. Names may
   * be shown. Values of `tokens` need not be listed: they never leave from inside, whatever a route says.
   */
  readonly secrets?: readonly KnownSecret[];
  /** Values nobody has a use for, left where only a thief looks: that one is sent is an alarm. */
  readonly canaries?: readonly KnownSecret[];
  /** Detectors with false positives, by name. */
  readonly packs?: readonly ("entropy" | "pii" | "bip39")[];
  /** Bytes that are scanned of one body; default 64 MiB. */
  readonly scanLimitBytes?: number;
  /** What clients must present as Basic proxy authorisation; absent: nothing. */
  readonly proxyCredential?: { readonly username: string; readonly password: string };
  /** Fixed answers in place of DNS: host → `address` or `address:port`. Also allows the address, whatever it is. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** PEM certificates of CAs that upstreams may be signed by, besides the system's. */
  readonly upstreamCas?: readonly string[];
  /** Private or special addresses that a host may resolve to, on one port. */
  readonly allowPrivate?: readonly PrivateAllowance[];
  /** A proxy that upstreams are reached through: a corporate one, or pipelock. It resolves their names; fixed hosts go directly. */
  readonly via?: UpstreamProxy;
  /** Further ports of this machine that no request may reach, whatever `hosts` and `allowPrivate` say: the operator's own listeners. */
  readonly ownPorts?: readonly number[];
  /** Called once per finished or refused request, and on policy changes. If it throws, the proxy freezes: nothing goes unrecorded. */
  readonly onEvent?: (event: EgressEvent) => void;
  /**
   * Called with how many requests have used a granted route since it is in force, before the last of them goes out. If it throws, that one is
   * refused and does not count.
   */
  readonly onGrantUse?: (grant: string, requests: number) => void;
  /** What a denied client is told to do if the operator may allow it. */
  readonly howToAsk?: string;
  /**
   * Client connections at once, and HTTP/2 streams over all of them. Default 4096. Over it, the connection that has been idle for
   * longest is closed; if all are busy, the new one is; a stream is refused. An idle one takes about 25 KiB, 65 with TLS, 80 with HTTP/2.
   */
  readonly maxConnections?: number;
  readonly timeouts?: EgressTimeouts;
  /** Stops the proxy, also while it starts. */
  readonly signal?: AbortSignal;
}

/** Numbers since the start. */
export interface EgressStats {
  readonly frozen: boolean;
  /** Client connections open now. */
  readonly connections: number;
  /** Tunnels, requests and WebSockets under way now. */
  readonly active: number;
  readonly allowed: number;
  readonly denied: number;
  /** Body bytes sent to upstreams and received from them. */
  readonly bytesOut: number;
  readonly bytesIn: number;
}

/** A running proxy. Disposing cuts everything and waits until its sockets are closed. */
export interface EgressProxy extends AsyncDisposable {
  readonly address: ListenAddress;
  /** PEM of the public CA certificate. */
  readonly caCertificate: string;
  /** 1 at the start, one more with every policy that came into force. */
  readonly generation: number;
  /**
   * Checks a policy whole and swaps it in; tunnels, requests and WebSockets that no route allows any more are cut.
   * @returns the new generation
   * @throws EgressError `policy-invalid`; the old policy stays in force
   */
  reload(policy: EgressPolicy): number;
  /** Cuts everything and refuses all requests until `thaw`. */
  freeze(): void;
  thaw(): void;
  stats(): EgressStats;
  /** What has gone by a granted route of the policy in force. */
  grantUse(grant: string): GrantUse;
}
