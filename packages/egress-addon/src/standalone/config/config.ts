import type { EgressTimeouts, ListenAddress } from "../../options.ts";
import type { EgressPolicy } from "../../policy/model.ts";
import type { PrivateAllowance } from "../../guard/destination.ts";

/** Where a secret value comes from. It is read again whenever the source may have changed; a restart is not needed. */
export type SecretSource =
  | { readonly env: string }
  /** The file's text, one line end at its end taken off. */
  | { readonly file: string }
  /** A program and its arguments, run without a shell; its standard output is the value for `ttlSeconds`. */
  | { readonly command: readonly string[]; readonly ttlSeconds: number };

/** Where the audit lines go. */
export type AuditTarget = { readonly file: string } | "stdout";

/** `egress.yaml`, parsed. Paths are absolute. */
export interface StandaloneConfig {
  readonly listen: ListenAddress;
  readonly caDirectory: string;
  readonly caName?: string;
  readonly proxyCredential?: { readonly username: string; readonly password: SecretSource };
  readonly policy: EgressPolicy;
  /** By `token_ref`. */
  readonly tokens: Readonly<Record<string, SecretSource>>;
  readonly hosts: Readonly<Record<string, string>>;
  readonly allowPrivate: readonly PrivateAllowance[];
  /** PEM files. */
  readonly upstreamCas: readonly string[];
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
