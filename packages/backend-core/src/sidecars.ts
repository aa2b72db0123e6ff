import type { AuditHead, LifecycleEvent, RenewableTokens, SidecarsConfig } from "@bottle/manifest";

/** Sidecars of one bottle, running. Disposing stops them and waits for their end. */
export interface RunningSidecars extends AsyncDisposable {
  /** Their process on this host; absent where they run elsewhere, in a container for example. */
  readonly pid?: number;
  /** PEM of the bottle's public CA certificate. */
  readonly caCertificate: string;
  /** The checkpoint the audit log begins this launch with; it is written with the first thing to record, and not sooner. */
  readonly head: AuditHead;
  /** Puts a step of the bottle's life on record, in order; they record by themselves that they are stopped. */
  record(event: LifecycleEvent): void;
  /** Settles when the process is gone, with why, in a sentence; never rejects. */
  readonly ended: Promise<string>;
}

/** Starts sidecars. Injected by the app, since a backend imports no app. */
export interface SidecarsLauncher {
  /**
   * Resolves once they are healthy: every listener answers.
   * @param options.tokens what they may ask for again, of those that the configuration calls renewable
   * @param options.onSealed told of checkpoints of the audit log: now and then, and of the last one, before disposing is done
   * @param options.onShow told of files that the agent is to see, each time they change: `current-config/` names alone, of bounded size
   */
  start(config: SidecarsConfig, options?: {
    readonly signal?: AbortSignal;
    readonly tokens?: RenewableTokens;
    readonly onSealed?: (head: AuditHead) => void;
    readonly onShow?: (files: Readonly<Record<string, string>>) => void;
  }): Promise<RunningSidecars>;
}
