import type { EgressDeclaration, GitDeclaration, Isolation, Limits, RenewableTokens, SecretValue, WorkspaceMode } from "@bottle/manifest";

/** What is wanted of one launch: data only, resolved from manifests by the caller. */
export interface BottleSpec {
  /** `<agent>-<5 base36>`, one per launch; kept by a resume. */
  readonly identity: string;
  /** Names as the operator wrote them. */
  readonly agentName: string;
  readonly bottleName: string;
  readonly kind: string;
  readonly workspace: WorkspaceSpec;
  readonly home: HomeSpec;
  /** Host folders shown read-only inside: the agent's program. */
  readonly mounts: readonly ReadOnlyMount[];
  /** Plain variables of the agent: manifest literals, placeholders, telemetry switches. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables whose values the operator forwards; never shown, never in argv. */
  readonly secretEnv: Readonly<Record<string, SecretValue>>;
  readonly egress: EgressSpec;
  /** Absent for a bottle that declares no git upstream: it then has no gate. */
  readonly git?: GitSpec;
  /** The agent may ask the operator for more. */
  readonly supervise?: true;
  readonly limits: Limits;
  readonly minIsolation: Isolation;
  /** An OCI runtime by name, for the backends that have them; refused by the others, never left out. */
  readonly runtime?: string;
  readonly resume: boolean;
}

/** The project's files: `source` is an absolute host folder, absent for mode `none`. */
export interface WorkspaceSpec {
  readonly mode: WorkspaceMode;
  readonly source?: string;
}

/** What the agent's home starts with. Paths are relative to the home; parents are made. */
export interface HomeSpec {
  readonly files: readonly { readonly path: string; readonly content: string; readonly mode?: number }[];
  /** Folders copied whole, for example skills. */
  readonly folders: readonly { readonly path: string; readonly source: string }[];
}

/** A host folder or file at `source`, seen at the absolute path `target` inside. */
export interface ReadOnlyMount {
  readonly source: string;
  readonly target: string;
}

/** What the sidecars need: routes as declared, values by `tokenRef`, CA texts. */
export interface EgressSpec {
  readonly declaration: EgressDeclaration;
  readonly tokens: Readonly<Record<string, SecretValue>>;
  /** Credentials beside `tokens` that are read at the launch, and again for as long as the bottle runs. */
  readonly renewable?: RenewableTokens;
  readonly upstreamCas: readonly string[];
  /** Further values that must not leave, by a name that may be shown. */
  readonly secrets?: Readonly<Record<string, SecretValue>>;
  /** What the agent holds in a credential's place, by `tokenRef`. */
  readonly placeholders?: Readonly<Record<string, string>>;
  readonly upstreamProxy?: UpstreamProxySpec;
  /** The program of a pipelock on this host, absolute, for the backend that starts it here; absent if there is none. */
  readonly pipelock?: { readonly binary: string };
}

/** What the gate needs of the host, and what the bottle's git is told. */
export interface GitSpec {
  /** As declared; every `identityFile` is an absolute path of this host. */
  readonly repositories: readonly GitDeclaration[];
  /** Files of this host, absolute, in which host keys are looked up that no repository pins. Those that are not there are left out. */
  readonly knownHostsFiles?: readonly string[];
  /** Whom the agent's commits are by. */
  readonly identity?: { readonly name: string; readonly email: string };
}

/** A proxy that everything goes through on its way out. */
export interface UpstreamProxySpec {
  /** `http://host:port` or `https://host:port`. */
  readonly proxy: string;
  /** `user:password`. */
  readonly credential?: SecretValue;
  readonly noProxy?: readonly string[];
  /** PEM texts. */
  readonly caCertificates?: readonly string[];
}
