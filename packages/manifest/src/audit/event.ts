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
  /** A code, for example `accepted`, `secret-found`, `upstream-refused`. */
  readonly reason: string;
  /** What a push changes, or whose tips a fetch asked for, as `new`; a line of the log holds the first 100. */
  readonly refs?: readonly RefChange[];
  /** How many more there are than `refs` holds; absent for none. */
  readonly moreRefs?: number;
  /** The name of the identity file by which the gate spoke with the upstream; never its content. Absent where it did not, or has none. */
  readonly identityFile?: string;
  /** New objects that were scanned, and their bytes; of a fetch the objects it got. */
  readonly objects?: number;
  readonly bytes?: number;
  /** What stopped a push, or was released by the operator; never any of its text. A line of the log holds the first 100. */
  readonly findings?: readonly GitFinding[];
}

/** A change of one ref; without `old` it is made, without `new` deleted. */
export interface RefChange {
  readonly ref: string;
  /** Object ids in hex. */
  readonly old?: string;
  readonly new?: string;
}

/** What the gate found in an object of a push, and where. */
export interface GitFinding {
  /** The name of a known value or of a form, or why something could not be read. */
  readonly rule: string;
  readonly kind: "known" | "canary" | "pattern" | "pack" | "unscannable" | "lfs" | "gitleaks";
  /** The object's id in hex. */
  readonly object: string;
  readonly type: "blob" | "tree" | "commit" | "tag";
  readonly path?: string;
  /** Inside an archive, or behind which encodings. */
  readonly within?: string;
  /** 1-based. */
  readonly line?: number;
  /** A new commit that has the object. */
  readonly commit?: string;
}

/** What became of something the agent asked for, but for what the operator said of it. */
export interface ProposalEvent {
  readonly type: "proposal";
  /** `refused`: it never came before the operator, for it cannot be asked for, or there were too many. */
  readonly state: "pending" | "expired" | "withdrawn" | "applied" | "failed" | "refused";
  readonly kind: "egress" | "pipelock" | "capability" | "push";
  /** The proposal's id; absent for `refused`. */
  readonly proposal?: string;
  /** What is asked for, in one line, or why it did not come about. */
  readonly detail?: string;
}

/** The operator's answer to a proposal, or the end of what was granted. */
export interface GrantEvent {
  readonly type: "grant";
  readonly decision: "approved" | "rejected" | "expired" | "used-up" | "revoked";
  readonly proposal: string;
  /** Who decided, as they call themselves; absent where nobody did. */
  readonly by?: string;
  readonly detail?: string;
}

/** The sidecars' signature under every line before. The first line of each launch is one, and so is the last of an orderly end. */
export interface CheckpointEvent {
  readonly type: "checkpoint";
  /** The launch's public key: Ed25519 (RFC 8032), 32 bytes in base64url. Its private half was never written anywhere. */
  readonly key: string;
  /** Over `checkpointText`, 64 bytes in base64url. */
  readonly signature: string;
  /** Present on the last line of a launch that ended in order. */
  readonly closed?: true;
}

/** One thing worth recording. Redact before: no field may hold a credential's value. */
export type AuditEvent = NetworkEvent | LifecycleEvent | ControlEvent | GitEvent | ProposalEvent | GrantEvent | CheckpointEvent;

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
