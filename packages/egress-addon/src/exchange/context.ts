import type { Duplex } from "node:stream";
import type { SecureContext, TLSSocket } from "node:tls";
import type { Placeholders } from "../credentials/placeholder/compile-placeholders.ts";
import type { Tokens } from "../credentials/tokens.ts";
import type { Scanning } from "../dlp/scanning.ts";
import type { Limits } from "../limits/limits.ts";
import type { Dial } from "../upstream/dial.ts";
import type { Upstreams } from "../upstream/pools.ts";
import type { Login } from "./login.ts";
import type { Tunnel } from "./read-request.ts";
import type { EgressState } from "./state.ts";

/** What an exchange needs of its proxy. */
export interface ExchangeContext {
  readonly state: EgressState;
  readonly login: Login;
  readonly tokens: Tokens;
  readonly placeholders: Placeholders;
  readonly scanning: Scanning;
  /** Bytes that are scanned of one body. */
  readonly scanLimitBytes: number;
  readonly limits: Limits;
  readonly howToAsk: string;
  /** The TLS context of a canonical host. */
  readonly contextFor: (host: string) => SecureContext;
  readonly dial: Dial;
  /** Loaded shortly after the start, which they would slow down; there at once from then on. */
  readonly upstreams: () => Upstreams | Promise<Upstreams>;
  /** The tunnel that a client's (decrypted) socket belongs to. */
  readonly tunnels: WeakMap<Duplex, Tunnel>;
  /** Hands the socket inside a tunnel back to the listening server, which enforces its limits there too. */
  readonly reenter: (socket: Duplex, tunnel: Tunnel) => void;
  /** Serves a decrypted socket that speaks HTTP/2. */
  readonly serveSession: (socket: TLSSocket) => void;
  /** Told when a tunnel's connection can be idle. */
  readonly connections: { carry(inner: Duplex, outer: Duplex): void; ended(socket: Duplex): void };
  readonly handshakeMs: number;
  /** From a request sent to the head of its answer. */
  readonly answerMs: number;
}
