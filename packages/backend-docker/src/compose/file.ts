/** What bottle writes of a compose file (compose-spec, without the `version` that v2 warns of), in the form v1.29 and v2 both read. */
export interface ComposeFile {
  readonly services: { readonly agent: ComposeService; readonly sidecars: ComposeService; readonly pipelock?: ComposeService };
  readonly networks: Readonly<Record<string, ComposeNetwork>>;
  readonly volumes: Readonly<Record<string, ComposeVolume>>;
}

/** A container. */
export interface ComposeService {
  readonly image: string;
  readonly container_name: string;
  readonly hostname: string;
  readonly entrypoint?: readonly string[];
  readonly healthcheck?: { readonly disable: boolean };
  readonly user: string;
  readonly init: boolean;
  readonly read_only: boolean;
  readonly restart: string;
  readonly stop_grace_period: string;
  readonly pull_policy: string;
  readonly stdin_open?: boolean;
  readonly runtime?: string;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly ulimits: Readonly<Record<string, number>>;
  readonly logging: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  /** Bytes. */
  readonly mem_limit?: number;
  readonly memswap_limit?: number;
  readonly pids_limit?: number;
  /** Cores. */
  readonly cpus?: number;
  readonly dns?: readonly string[];
  readonly dns_search?: readonly string[];
  readonly dns_opt?: readonly string[];
  readonly networks: Readonly<Record<string, { readonly aliases?: readonly string[] }>>;
  readonly tmpfs: readonly string[];
  readonly environment?: readonly string[];
  readonly volumes: readonly ComposeVolumeMount[];
  readonly labels: Readonly<Record<string, string>>;
}

/** A volume in a container; nothing of the host's is bound. */
export interface ComposeVolumeMount {
  readonly type: "volume";
  readonly source: string;
  readonly target: string;
  readonly read_only?: boolean;
  readonly volume?: { readonly nocopy: boolean };
}

/** A network. */
export interface ComposeNetwork {
  readonly name: string;
  readonly driver: string;
  readonly internal?: boolean;
  readonly enable_ipv6: boolean;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A volume, or one that exists. */
export interface ComposeVolume {
  readonly name: string;
  readonly external?: boolean;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}
