/** A request of the bottle that the egress decided on. */
export interface NetworkEvent {
  readonly type: "network";
  readonly decision: "allow" | "deny";
  /** Which check decided, for example `route`, `address`, `dlp`. */
  readonly layer: string;
  readonly reason: string;
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  /** The route that matched, in one line. */
  readonly route?: string;
  /** HTTP status given to the bottle. */
  readonly status?: number;
  /** Bytes of the bodies, from and to the bottle. */
  readonly bytesOut?: number;
  readonly bytesIn?: number;
  /** Present when a credential was put on the wire: its name, never its value. */
  readonly tokenRef?: string;
  /** What the leak scan found in the request, also where it was let pass; never any of its text. */
  readonly findings?: readonly ScanFinding[];
  /** The operator should look at this: a placeholder, or a value that was never inside, was sent. */
  readonly alarm?: true;
  /** How many denied requests alike (host, port, method, layer, reason) this stands for, its path being the last one's; absent for one. */
  readonly count?: number;
}

/** What the leak scan found, and in which part of a request. */
export interface ScanFinding {
  /** The name of a known value, or of a form. */
  readonly rule: string;
  readonly kind: "known" | "canary" | "pattern" | "pack" | "unscannable";
  /** For example `query q`, `header X-Foo`, `json $.a.b`. */
  readonly where: string;
  /** Decodings from outside in, for example `gzip`, `base64`. */
  readonly via: readonly string[];
}

/** A step in the life of a bottle. */
export interface LifecycleEvent {
  readonly type: "lifecycle";
  readonly event: "launch" | "ready" | "agent-start" | "agent-exit" | "stop" | "crash" | "resume" | "sidecars-died";
  readonly detail?: string;
}

/** An order given to the sidecars on the operator's control socket. */
export interface ControlEvent {
  readonly type: "control";
  /** For example `reload`, `freeze`. */
  readonly op: string;
  readonly outcome: "done" | "refused" | "failed";
  readonly detail?: string;
}

/** A fetch or a push through the git gate. */
export interface GitEvent {
  readonly type: "git";
  readonly decision: "allow" | "deny";
  readonly op: "fetch" | "push";
  /** The upstream's name in the manifest. */
  readonly repository: string;
  readonly reason: string;
}

/** The operator's answer to a proposal. */
export interface GrantEvent {
  readonly type: "grant";
  readonly decision: "approved" | "rejected" | "expired" | "revoked";
  readonly proposal: string;
  readonly detail?: string;
}

/** One thing worth recording. Redact before: no field may hold a credential's value. */
export type AuditEvent = NetworkEvent | LifecycleEvent | ControlEvent | GitEvent | GrantEvent;

/** A line of `audit.jsonl`. */
export interface AuditRecord {
  /** 0 for the first line, then one more each line. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly identity: string;
  /** SHA-256, in hex, of the bytes of the line before without its line feed; `auditStart` for the first line. */
  readonly prev: string;
  readonly event: AuditEvent;
}
