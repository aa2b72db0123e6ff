import type { AuditTarget, Login, UpstreamProxyConfig } from "@bottle/standalone";
import type { PrivateAllowance } from "@bottle/way-out";
import type { TokenSource } from "../../credentials/sources/model.ts";
import type { EgressTimeouts, ListenAddress } from "../../options.ts";
import type { EgressPolicy } from "../../policy/model.ts";

/** A proxy that upstreams are reached through, and what it is. */
export interface HopConfig extends UpstreamProxyConfig {
  readonly kind: "proxy" | "pipelock";
}

/** What the scan of requests looks for besides tokens and patterns. */
export interface DlpConfig {
  /** Files whose text must not leave. */
  readonly knownSecrets: readonly string[];
  /** Files whose text nobody has a use for. */
  readonly canaries: readonly string[];
  readonly packs: readonly ("entropy" | "pii" | "bip39")[];
  readonly scanLimitBytes?: number;
}

/** `egress.yaml`, parsed. Paths are absolute. */
export interface StandaloneConfig {
  readonly listen: ListenAddress;
  readonly caDirectory: string;
  readonly caName?: string;
  readonly proxyCredential?: Login;
  readonly policy: EgressPolicy;
  /** By `token_ref`. */
  readonly tokens: Readonly<Record<string, TokenSource>>;
  /** What the program holds in a token's place, by name. */
  readonly placeholders: Readonly<Record<string, string>>;
  readonly hosts: Readonly<Record<string, string>>;
  readonly allowPrivate: readonly PrivateAllowance[];
  /** PEM files. */
  readonly upstreamCas: readonly string[];
  readonly upstreamProxy?: HopConfig;
  readonly dlp: DlpConfig;
  readonly audit: AuditTarget;
  readonly operator: {
    /** A Unix socket: pages and control. A loopback port: pages only. */
    readonly listen?: ListenAddress;
    /** A Unix socket with pages and control. */
    readonly control?: string;
  };
  readonly howToAsk?: string;
  readonly maxConnections?: number;
  readonly timeouts: EgressTimeouts;
}

/** How many routes there are, for people. */
export function countRoutes({ routes }: EgressPolicy): string {
  return routes.length === 1 ? "1 route" : `${routes.length} routes`;
}
