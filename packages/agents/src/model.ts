/** How a route puts a credential on the wire; has the shape of a manifest's `auth`. */
export interface AgentAuth {
  readonly scheme: "bearer" | "basic" | "token" | "header" | "query";
  /** The variable of the operator's environment that holds the value. */
  readonly tokenRef: string;
  /** The header's or the query parameter's name; present exactly for `header` and `query`. */
  readonly name?: string;
}

/** One destination an agent needs; has the shape of a manifest's route. */
export interface AgentRoute {
  readonly host: string;
  readonly methods: readonly string[];
  /** `*` is one segment. */
  readonly paths: readonly string[];
  readonly auth?: AgentAuth;
}

/** A destination with every credential it can be used with, best first; used only if one of them is there. */
export interface AgentHost {
  readonly host: string;
  readonly methods: readonly string[];
  readonly paths: readonly string[];
  readonly auths: readonly AgentAuth[];
}

/** A credential the program reads from a variable. */
export interface AgentCredential {
  /** Name both of the operator's variable and of the program's. */
  readonly envName: string;
  /** What the bottle gets in its place: it passes the program's own checks and opens nothing. */
  readonly placeholder: string;
  readonly kind: "api-key" | "subscription";
}

/** The processor and C library inside the bottle; the system is always Linux. */
export interface Target {
  readonly arch: "x64" | "arm64";
  readonly libc: "glibc" | "musl";
}

/** An npm package that holds a program, and where in it the program is. */
export interface AgentPackage {
  readonly name: string;
  /** Exact. */
  readonly version: string;
  /** What people type. */
  readonly bin: string;
  /** Path of what is run, from the folder npm installed into. None: the package has nothing for this target. */
  entry(target: Target): string | undefined;
  /** Whether `entry` is JavaScript and needs a Node inside. */
  readonly needsNode: boolean;
}

/** How the program is to be started. */
export interface ArgvRequest {
  /** A first message of the user; never read as an option, whatever it begins with (`command` reads it in its own way). */
  readonly prompt?: string;
  /** Goes on with the last conversation held in this home and workspace. */
  readonly resume: boolean;
  /** `full`: never asks. `ask`: as the program does by itself. */
  readonly autonomy: "full" | "ask";
  /** Whether a person is at a terminal. Without one, `prompt` is worked on and the program ends. */
  readonly interactive: boolean;
  /** The operator's own arguments, as given. */
  readonly extra: readonly string[];
}

/** An MCP server reached over streamable HTTP. */
export interface McpServer {
  readonly name: string;
  readonly url: string;
  /** How long a call of one of its tools may take; the program's own default if absent. Whole seconds. */
  readonly toolTimeoutMs?: number;
  /** Whether its tools are shown to the model from the start, where a program would have it search for them first. */
  readonly isShownAtOnce?: true;
}

/** What goes into an agent's home. */
export interface HomeRequest {
  /** The agent manifest's prompt, standing instructions of the agent; empty: none. */
  readonly prompt: string;
  /** Where the workspace is inside: the program is told to trust it. */
  readonly workspacePath: string;
  readonly mcpServers: readonly McpServer[];
}

/** A file of the home. */
export interface HomeFile {
  /** Relative to the home. */
  readonly path: string;
  readonly content: string;
  /** 0o644 if absent. */
  readonly mode?: number;
}

/** What bottle knows of one kind of agent. */
export interface AgentKind {
  readonly name: string;
  readonly title: string;
  /** Absent: the program is the bottle's own (shell) or the manifest's (command). */
  readonly package?: AgentPackage;
  /** The program itself when there is no package; empty for `command`, whose argv the manifest gives. */
  readonly system: readonly string[];
  /** The arguments after the program. Pure. */
  argv(request: ArgvRequest): readonly string[];
  homeFiles(request: HomeRequest): readonly HomeFile[];
  /** Whether the program has a configuration of MCP servers, which `homeFiles` then writes. */
  readonly hasMcp: boolean;
  /** Folder of the home that holds one folder per skill. */
  readonly skillsFolder?: string;
  readonly hosts: readonly AgentHost[];
  readonly credentials: readonly AgentCredential[];
  /** Variables that silence telemetry, updates and everything else that asks the network on its own. */
  readonly env: Readonly<Record<string, string>>;
}
