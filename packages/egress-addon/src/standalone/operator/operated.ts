import type { MissingToken } from "../tokens/token-store.ts";

/** What an order was answered. */
export type ControlAnswer = { readonly ok: true } & Status & Partial<Reloaded> | { readonly ok: false; readonly code: string; readonly message: string; readonly generation: number };

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

/** What a reload did besides bringing routes and tokens into force. */
export interface Reloaded {
  /** Keys of the file that have changed and need a restart. */
  readonly restartNeeded: readonly string[];
}

/** Who gave an order. */
export type Orderer = "control" | "SIGHUP";

/** The running proxy, as the operator's listener sees it. Orders never reject. */
export interface Operated {
  reload(by: Orderer): Promise<ControlAnswer>;
  freeze(by: Orderer): Promise<ControlAnswer>;
  thaw(by: Orderer): Promise<ControlAnswer>;
  status(): Status;
  metrics(): string;
  /** Why no request would pass now; undefined: they may. */
  notReady(): string | undefined;
}
