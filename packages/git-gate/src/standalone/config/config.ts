import type { AuditTarget, PasswordSource, UpstreamProxyConfig } from "@bottle/standalone";
import type { GitleaksOptions } from "../../gitleaks/find-gitleaks.ts";
import type { GateLimits, GateRepository, GitGateOptions, ReachOptions } from "../../options.ts";

/** Where a value comes from. */
export type SecretSource = PasswordSource;

/** `gate.yaml`, parsed. Paths are absolute. */
export interface StandaloneConfig {
  readonly listen: GitGateOptions["listen"];
  readonly directory: string;
  readonly repositories: readonly GateRepository[];
  readonly hosts: NonNullable<ReachOptions["hosts"]>;
  readonly allowPrivate: NonNullable<ReachOptions["allowPrivate"]>;
  readonly upstreamProxy?: UpstreamProxyConfig;
  /** By name: values that must not leave. */
  readonly secrets: Readonly<Record<string, SecretSource>>;
  /** By name: values nobody has a use for. */
  readonly canaries: Readonly<Record<string, SecretSource>>;
  readonly packs: readonly ("entropy" | "pii" | "bip39")[];
  readonly limits: Partial<GateLimits>;
  readonly gitleaks: GitleaksOptions;
  readonly audit: AuditTarget;
  readonly howToAsk?: string;
  /** A Unix socket where orders are taken. */
  readonly control?: string;
}

/** How many repositories there are, for people. */
export function countRepositories({ repositories }: StandaloneConfig): string {
  return repositories.length === 1 ? "1 repository" : `${repositories.length} repositories`;
}
