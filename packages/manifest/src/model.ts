/** A value that must not be shown: inspection, JSON and string conversion give `[secret]`. Read it with `reveal()`. */
export interface SecretValue {
  /** The value itself. Call it only at the place that puts the value to use. */
  reveal(): string;
  toJSON(): "[secret]";
  toString(): "[secret]";
}

/** Where a program's value comes from, as a manifest declares it. */
export type EnvDeclaration =
  | { readonly kind: "literal"; readonly value: string }
  | { readonly kind: "from_env"; readonly name: string }
  | { readonly kind: "secret" };

/**
 * Where a credential's value is: a variable of the operator's environment, a file, or what a command of theirs prints. Files and
 * commands are read again while the bottle runs, by the operator's own process, outside the bottle and its sidecars.
 */
export type TokenSource =
  | { readonly env: string }
  /** Absolute or `~/`; the operator's own alone. */
  | { readonly file: string }
  /** Run without a shell; the value is used for `ttlSeconds` (300 if absent). */
  | { readonly command: readonly string[]; readonly ttlSeconds?: number; readonly timeoutSeconds?: number };

/** What became of reading a credential: its value as it is now, or why there is none, in words without a value. */
export type TokenReading = { readonly value: SecretValue } | { readonly problem: string };

/** Credentials that are read again while a bottle runs: files and commands. */
export interface RenewableTokens {
  readonly refs: readonly string[];
  read(tokenRef: string): Promise<TokenReading>;
}

/** How the egress puts a credential on the wire. `tokenRef` names a source of `tokens`, else a variable of the operator's environment. */
export interface RouteAuth {
  readonly scheme: "bearer" | "basic" | "token" | "header" | "query" | "placeholder" | "sigv4";
  readonly tokenRef: string;
  /** The header's or the query parameter's name; present exactly for `header` and `query`. */
  readonly name?: string;
  /** Where a placeholder is replaced; absent: header and url. Only for `placeholder`. */
  readonly in?: readonly ("header" | "url" | "body")[];
  /** What a request may be signed for; absent: what the program's own signature names. Only for `sigv4`. */
  readonly region?: string;
  readonly service?: string;
}

/** One allowed destination. Absent lists mean: ports 80 and 443, every method, every path. */
export interface Route {
  /** Lower-case host name, `*.` and a host name (subdomains only, not the apex), or an address; IPv6 without brackets. */
  readonly host: string;
  readonly ports?: readonly number[];
  readonly methods?: readonly string[];
  /** Path patterns: `*` is any run within one segment, `**` any number of segments. */
  readonly paths?: readonly string[];
  readonly auth?: RouteAuth;
  /** What a hit of the leak scan does; absent: block. */
  readonly dlp?: "block" | "warn" | "off";
  /** Uploads over the scan's limit pass, unscanned beyond it; otherwise `block` refuses them. */
  readonly streaming?: boolean;
  /** Refuses what fits it, whatever other routes allow. */
  readonly deny?: boolean;
  /** Whether upgrades to WebSocket pass; absent: as any GET. */
  readonly websocket?: boolean;
  /** The connection is not looked into: nothing is scanned, decided by path, or given a credential. */
  readonly passthrough?: boolean;
  readonly limits?: RouteLimits;
}

/** What a route lets through in a minute, and at once. */
export interface RouteLimits {
  readonly requestsPerMinute?: number;
  /** Of bodies. */
  readonly bytesOutPerMinute?: number;
  readonly concurrent?: number;
}

/** A proxy that everything goes through on its way out. */
export interface UpstreamProxy {
  /** `http://host:port` or `https://host:port`. */
  readonly proxy: string;
  /** Variable of the operator's environment that holds `user:password`. */
  readonly credentialRef?: string;
  /** Hosts that are reached without it, as curl reads `no_proxy`. */
  readonly noProxy?: readonly string[];
  /** PEM files of CAs trusted for what comes through it. */
  readonly caFiles?: readonly string[];
}

/** A private or special address the SSRF guard lets through, and only there. */
export interface PrivateAllowance {
  readonly host: string;
  readonly port: number;
  /** IPv4 or IPv6 CIDR that the resolved address must be in. */
  readonly cidr: string;
}

/** The `egress` part of a bottle. */
export interface EgressDeclaration {
  readonly routes: readonly Route[];
  /** By `tokenRef`; one that is not here is the variable of its name. */
  readonly tokens?: Readonly<Record<string, TokenSource>>;
  /** Fixed answers in place of DNS: host name → `address` or `address:port` (IPv6 in brackets). */
  readonly hosts: Readonly<Record<string, string>>;
  /** PEM files (absolute or `~/`) of CAs that upstreams may be signed by, besides the system's. */
  readonly caFiles: readonly string[];
  readonly allowPrivate: readonly PrivateAllowance[];
  readonly dlp: {
    readonly engine: "builtin" | "pipelock" | "both";
    /** Files (absolute or `~/`) with values that must not leave, one a line. */
    readonly knownFiles?: readonly string[];
    /** Detectors with false positives, asked for by name. */
    readonly packs?: readonly ("entropy" | "pii" | "bip39")[];
  };
  readonly upstreamProxy?: UpstreamProxy;
  /** Lets a route name every host by `*`. */
  readonly dangerouslyAllowAll?: boolean;
}

/** One git upstream of a bottle. */
export interface GitDeclaration {
  readonly name: string;
  readonly upstream: string;
  /** Absolute or `~/`, on the host. Only for SSH, as `knownHostKey` is. */
  readonly identityFile?: string;
  /** Type and base64; absent: the host's known_hosts. */
  readonly knownHostKey?: string;
  /** Branch patterns (`*` is anything but `/`, `**` anything): what may be pushed (absent: all), rewound and deleted (absent: none). */
  readonly push?: readonly string[];
  readonly force?: readonly string[];
  readonly delete?: readonly string[];
  /** Whether new tags may be pushed; absent: no. */
  readonly tags?: boolean;
  /** What a fetch gets while the upstream cannot be reached; absent: refuse. */
  readonly stale?: "allow" | "refuse";
  /** Whether pushes that change what runs elsewhere wait for the operator; absent: no. */
  readonly review?: boolean;
}

/** Who commits inside, as git's `user.name` and `user.email`. */
export interface GitIdentity {
  readonly name: string;
  readonly email: string;
}

/** What a bottle may use of the machine. Absent means: no limit of bottle's own. */
export interface Limits {
  readonly memoryBytes?: number;
  readonly pids?: number;
  /** In cores; 0.5 is half of one. */
  readonly cpus?: number;
}

/** The isolation levels, weakest first; `min_isolation` is a floor among them. */
export type Isolation = "namespaces" | "container" | "microvm";
/** A backend by name, or `auto`. */
export type BackendChoice = "auto" | "bubblewrap" | "docker" | "smolmachines";
/** How the project's files get inside. */
export type WorkspaceMode = "copy" | "bind" | "none";

/** A position in a file. */
export interface Place {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
}

/** Where a parsed manifest came from, so that later problems can point into it. */
export interface ManifestSource {
  /** The path as the reader was told it. */
  readonly file: string;
  /** Places of values by path, for example `bottle` or `env.DB_URL`. */
  readonly places: Readonly<Record<string, Place>>;
}

/** A bottle's manifest, parsed (`bottles/<name>.md`). */
export interface BottleManifest {
  readonly name: string;
  readonly backend: BackendChoice;
  readonly minIsolation: Isolation;
  readonly workspace: WorkspaceMode;
  readonly env: Readonly<Record<string, EnvDeclaration>>;
  readonly git: readonly GitDeclaration[];
  /** Absent: the host's git config. */
  readonly gitIdentity?: GitIdentity;
  readonly egress: EgressDeclaration;
  readonly supervise: boolean;
  /** An OCI runtime by name (Docker only), for example `runsc`. */
  readonly runtime?: string;
  readonly limits: Limits;
  /** The Markdown below the frontmatter, for people. */
  readonly body: string;
  /** Absent for a manifest that was not read from a file. */
  readonly source?: ManifestSource;
}

/** An agent's manifest, parsed (`agents/<name>.md`). */
export interface AgentManifest {
  readonly name: string;
  /** An agent kind: claude, codex, gemini, opencode, shell, command. */
  readonly kind: string;
  /** The bottle's name. */
  readonly bottle: string;
  readonly skills: readonly string[];
  /** Program and arguments; present exactly for kind `command`. */
  readonly command?: readonly string[];
  readonly env: Readonly<Record<string, EnvDeclaration>>;
  /** The Markdown below the frontmatter. */
  readonly prompt: string;
  /** Absent for a manifest that was not read from a file. */
  readonly source?: ManifestSource;
}

/** One fault of a file, with the place and the mend. */
export interface Problem {
  readonly code: string;
  /** The path as the reader was told it. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in characters. */
  readonly column: number;
  readonly message: string;
  /** What to write instead; may have several lines. */
  readonly mend?: string;
}

/** Where a route's credential values, addresses and paths are, as given to one bottle's sidecars on their standard input. */
export interface SidecarsConfig {
  readonly identity: string;
  /** Unix socket paths; the backend decides how the bottle reaches them. */
  readonly listen: {
    readonly egress: ListenAddress;
    /** Present exactly with `git`. */
    readonly gitGate?: ListenAddress;
    /** Present exactly with `supervise`. */
    readonly supervise?: ListenAddress;
  };
  /** The operator-only control socket, never visible inside. */
  readonly control: { readonly unix: string };
  /** The audit log, appended to. */
  readonly auditFile: string;
  readonly egress: {
    /** Directory (0700) of the bottle's CA; made here if empty. `ca.pem` in it is the public certificate. */
    readonly caDirectory: string;
    /** What the bottle must present as Basic proxy authorisation. */
    readonly proxyCredential: { readonly username: string; readonly password: string };
    readonly declaration: EgressDeclaration;
    /** PEM texts read from `declaration.caFiles` by the caller. */
    readonly upstreamCas: readonly string[];
    /** `tokenRef` → value. The only place where the values are. */
    readonly tokens: Readonly<Record<string, string>>;
    /** Those of them whose value may change: it is asked for again on standard output, and answered on standard input. */
    readonly renewable?: readonly string[];
    /** Further values that must not leave, by a name that may be shown: what the bottle was given, and what listed files hold. */
    readonly secrets?: readonly { readonly name: string; readonly value: string }[];
    /** What the agent holds in the place of a credential, by `tokenRef`. */
    readonly placeholders?: Readonly<Record<string, string>>;
    /** For `dlp.engine` pipelock or both: one that is started by its absolute path, or one in a container of that name that shares a directory. */
    readonly pipelock?: { readonly binary: string } | { readonly beside: string; readonly directory: string };
    /** What `declaration.upstreamProxy` names, read by the caller. */
    readonly upstreamProxy?: {
      readonly proxy: string;
      readonly credential?: { readonly username: string; readonly password: string };
      readonly noProxy?: readonly string[];
      readonly caCertificates?: readonly string[];
    };
  };
  /** Present for a bottle that declares upstreams. */
  readonly git?: {
    /** Directory (0700) of the bare repositories; made here if it is not there. */
    readonly directory: string;
    /** Every `identityFile` is an absolute path of where the sidecars run. */
    readonly repositories: readonly GitDeclaration[];
    /** Where host keys are looked up that no repository pins; absolute, as the sidecars see them. */
    readonly knownHostsFiles?: readonly string[];
    /** Absolute path → text: what is only on the host, made before the start, for the sidecars' account alone (0600), and gone at the end. */
    readonly files?: Readonly<Record<string, string>>;
  };
  /** Present for a bottle whose agent may ask. */
  readonly supervise?: {
    /** Directory (0700) of the queue and the grants; made here if it is not there. */
    readonly directory: string;
    /** What an image of this bottle is made from; absent where the backend has no images. */
    readonly dockerfile?: string;
    /** What to say to an agent that asks for another image where there are none, in a sentence. */
    readonly insteadOfImage?: string;
  };
}

/** A Unix socket path, or host and port (0: any free). */
export type ListenAddress = { readonly unix: string } | { readonly host: string; readonly port: number };
