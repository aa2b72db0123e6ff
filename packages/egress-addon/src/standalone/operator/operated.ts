import type { Orders } from "@bottle/standalone";
import type { MissingToken } from "../tokens/token-store.ts";

/** How the proxy stands. */
export interface Status {
  /** Of the policy in force. */
  readonly generation: number;
  readonly frozen: boolean;
  readonly routes: number;
  readonly connections: number;
  readonly active: number;
  readonly allowed: number;
  readonly denied: number;
  readonly uptimeSeconds: number;
  readonly version: string;
  /** Declared tokens without a value now, and why. */
  readonly tokensMissing: readonly MissingToken[];
}

/** The running proxy, as the operator's listener sees it. */
export interface Operated extends Orders<Status> {
  metrics(): string;
}
