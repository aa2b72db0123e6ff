import type { KnownSecret } from "@bottle/secret-scan";
import type { PrivateAllowance, UpstreamProxy } from "@bottle/way-out";
import type { WalkLimits } from "./git/objects.ts";
import type { GitleaksOptions, GitleaksState } from "./gitleaks/find-gitleaks.ts";
import type { RefRules } from "./receive/ref-rules.ts";
import type { PushFinding } from "./scan/finding.ts";
import type { RemoteOptions } from "./upstream/remote.ts";

/** One upstream behind the gate. */
export interface GateRepository extends RemoteOptions, Partial<RefRules> {
  /** Its name in the gate's URL, `/NAME.git`. */
  readonly name: string;
  /** Whether what is here is served while the upstream cannot be reached; `refuse` unless told. */
  readonly stale?: "allow" | "refuse";
  /** Whether a push that changes what runs elsewhere (workflow files, `.gitmodules`, hooks) waits for the operator. */
  readonly review?: boolean;
}

/** How upstreams may be reached, as the egress does it. */
export interface ReachOptions {
  /** Fixed answers in place of DNS: host → `address` or `address:port`. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Private or special addresses that an upstream may have, on one port only. An address that is written as an upstream needs none. */
  readonly allowPrivate?: readonly PrivateAllowance[];
  /** A proxy that upstreams are reached through, by CONNECT, for HTTPS and SSH alike. */
  readonly via?: UpstreamProxy;
  /** Ports that the caller listens on besides the gate, where no upstream is. */
  readonly ownPorts?: readonly number[];
}

/** What a push may be at most. */
export interface GateLimits extends WalkLimits {
  /** Of what is uploaded. */
  readonly packBytes: number;
  /** From the uploaded pack to the verdict, the upstream's time left out. */
  readonly scanMs: number;
}

/** One fetch or push, and what became of it. */
export interface GateEvent {
  readonly op: "fetch" | "push";
  readonly repository: string;
  readonly decision: "allow" | "deny";
  /** A code, for example `accepted`, `secret-found`, `upstream-refused`. */
  readonly reason: string;
  /** What a push changes; of a fetch whose tips it asked for, as `new`. */
  readonly refs?: readonly { readonly ref: string; readonly old?: string; readonly new?: string }[];
  /** New ones that a push brings, with their bytes; of a fetch those it got. */
  readonly objects?: number;
  readonly bytes?: number;
  readonly findings?: readonly PushFinding[];
}

/** A push that the operator may release as it is. */
export interface HeldPush {
  readonly repository: string;
  readonly updates: readonly { readonly ref: string; readonly old?: string; readonly new?: string }[];
  readonly findings: readonly PushFinding[];
  /** Paths that the operator wants to look at. */
  readonly review: readonly string[];
  /** How many findings there are besides; absent: none. */
  readonly unlisted?: number;
}

/** Where held pushes wait for the operator. */
export interface HeldPushes {
  /** Whether exactly this push, by its object ids, was released. */
  isReleased(push: HeldPush): Promise<boolean>;
  /** The upstream took a push that was released: that was the once. Until then it may be tried again. Must not throw. */
  taken(push: HeldPush): void;
  /** Puts it before the operator. @returns what the program inside may say to ask for it */
  hold(push: HeldPush): Promise<string>;
}

export interface GitGateOptions extends ReachOptions {
  readonly listen: { readonly host: string; readonly port: number } | { readonly unix: string };
  /** Of the gate's own; bare repositories are kept in it. */
  readonly directory: string;
  readonly repositories: readonly GateRepository[];
  /** Values that must not leave, asked for at each push. */
  readonly secrets?: () => readonly KnownSecret[];
  readonly canaries?: readonly KnownSecret[];
  readonly packs?: readonly ("entropy" | "pii" | "bip39")[];
  readonly limits?: Partial<GateLimits>;
  /** An additional scanner. */
  readonly gitleaks?: GitleaksOptions;
  readonly held?: HeldPushes;
  /** Called for every fetch and push; if it throws the gate is frozen, since nothing may pass unrecorded. */
  readonly onEvent?: (event: GateEvent) => void;
  /** A sentence for whoever is refused. */
  readonly howToAsk?: string;
}

/** A gate that listens. */
export interface GitGate extends AsyncDisposable {
  /** Of the repositories in force; 1 at the start. */
  readonly generation: number;
  readonly isFrozen: boolean;
  /**
   * Brings other repositories into force, and counts the generation up. What is under way in one that is declared no more, or in another way, is refused; the rest goes on undisturbed.
   * @throws GateError `option-invalid`, `repository-failed`, `stopped`; those before stay in force
   */
  reload(repositories: readonly GateRepository[]): Promise<void>;
  readonly gitleaks: GitleaksState;
  readonly address: { readonly host: string; readonly port: number } | { readonly unix: string };
  /** Refuses everything, and ends what is under way. */
  freeze(): void;
  thaw(): void;
}
