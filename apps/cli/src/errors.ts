/** Exit statuses of bottle itself; an agent's own comes through as it is. */
export const exitStatus = {
  ok: 0, refused: 1, usage: 2, manifest: 3, host: 4, launch: 5, identity: 6, audit: 7, internal: 125,
} as const;

/** What `bottle help exit-codes` says. */
export const exitCodesText: string = `Exit statuses of bottle itself:
  0    done
  1    refused: not confirmed, not running, or something stayed behind
  2    the command line is wrong
  3    a manifest, or the one kept for \`resume\`, cannot be used, or something it asks for is not there
  4    this machine is not ready: something is missing, full or not writable (\`bottle doctor\`)
  5    the launch failed
  6    there is no such bottle, or no such proposal
  7    an audit log is not whole, or nothing proves that it is
  125  a fault of bottle's own
  129, 130, 143  ended by SIGHUP, SIGINT (Ctrl-C), SIGTERM
\`start\`, \`resume\`, \`exec\` and \`attach\` end with the agent's or command's own status once it ran.`;

/** Why the operator is refused. */
export type CliErrorCode =
  | "agent-missing" | "ca-unreadable" | "changed" | "credential-exposed" | "credential-missing" | "declined" | "demo-unreachable" | "detach-failed" | "editor-failed" | "exists" | "folder-unusable" | "handover-failed"
  | "identity-unknown" | "image-unusable" | "kind-unknown" | "known-unreadable" | "manifest-invalid" | "manifest-not-ours" | "manifest-unreadable" | "name-invalid" | "no-copy" | "no-manifests"
  | "no-terminal" | "not-detached" | "not-resumable" | "not-running" | "nothing-to-trust" | "packages-missing" | "program-missing" | "project-untrusted"
  | "proposal-ambiguous" | "proposal-changed" | "proposal-decided" | "proposal-failed" | "proposal-refused" | "proposal-unknown" | "running" | "skill-missing" | "skills-unsupported" | "snapshot-invalid" | "usage" | "workspace-missing" | "workspace-unreadable";

/** Something the operator can mend: what happened, what to do next, and the exit status it ends with. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly status: number;
  readonly mend: string | undefined;
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options: { readonly status: number; readonly mend?: string; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.mend = options.mend;
  }
}

/** The run was ended by a signal the operator sent. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: "SIGINT" | "SIGTERM" | "SIGHUP";

  constructor(signal: Interrupted["signal"]) {
    super(`ended by ${signal}`);
    this.signal = signal;
  }

  /** 128 + the signal's number. */
  get status(): number {
    return { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[this.signal];
  }
}

const statusByCode: Readonly<Record<string, number>> = {
  "backend-unavailable": exitStatus.host, "backend-unknown": exitStatus.usage, "identity-unknown": exitStatus.identity,
  "identity-invalid": exitStatus.identity, "not-running": exitStatus.refused, "isolation-too-weak": exitStatus.manifest,
  "workspace-failed": exitStatus.launch, "launch-failed": exitStatus.launch, "self-check-failed": exitStatus.launch,
  "start-failed": exitStatus.launch, "path-too-long": exitStatus.host, "install-failed": exitStatus.host,
  "target-unsupported": exitStatus.host, "state-unreadable": exitStatus.refused, "state-open": exitStatus.refused, "exec-failed": exitStatus.refused,
  "state-exists": exitStatus.launch, "spec-invalid": exitStatus.manifest, "credential-missing": exitStatus.manifest, "control-failed": exitStatus.refused, "kind-unknown": exitStatus.manifest,
};

const systemMends: Readonly<Record<string, string>> = {
  ENOSPC: "Make room on the disk.", EROFS: "The file system is read-only: set BOTTLE_HOME to a place that can be written.",
  EACCES: "Look at the permissions, or set BOTTLE_HOME to a place that can be written.", EPERM: "Look at the permissions.",
  ENOTDIR: "A part of the path is a file, not a folder.", ELOOP: "The path's links lead in a circle.", ENAMETOOLONG: "Set BOTTLE_HOME to a shorter path.",
  EDQUOT: "Your disk quota is used up: make room.",
};

/** What the operator is told of an error. */
export interface Refusal {
  readonly message: string;
  readonly mend: string | undefined;
  readonly status: number;
}

/** What an error is to the operator; undefined: a fault of bottle's own. Errors of the packages carry a code and perhaps a mend. */
export function toRefusal(error: unknown): Refusal | undefined {
  if (error instanceof CliError) return error;
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  const status = statusByCode[error.code];
  if (status !== undefined) return { message: error.message, mend: "mend" in error && typeof error.mend === "string" ? error.mend : undefined, status };
  const mend = systemMends[error.code];
  return mend === undefined ? undefined : { message: error.message, mend, status: exitStatus.host };
}
