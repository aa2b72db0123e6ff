import type { Isolation } from "@bottle/manifest";

/** What a launch will do: plain JSON data without a secret, printable by `--dry-run`. */
export interface BottlePlan {
  readonly identity: string;
  readonly slug: string;
  readonly backend: string;
  readonly isolation: Isolation;
  readonly agent: string;
  readonly bottle: string;
  readonly kind: string;
  readonly workspace: { readonly mode: string; readonly source?: string; readonly target: string };
  readonly envNames: readonly string[];
  readonly secretEnvNames: readonly string[];
  readonly routes: readonly string[];
  readonly tokenRefs: readonly string[];
  /** Each of them with where its value comes from. */
  readonly credentials: readonly string[];
  /** The upstreams behind the git gate, each in a line. */
  readonly remotes: readonly string[];
  /** Whom the agent's commits are by, as `NAME <E-MAIL>`; absent if nobody said. */
  readonly commitsAs?: string;
  /** Whether the agent may ask the operator for more. */
  readonly supervise: boolean;
  readonly mounts: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  /** What this backend does not give on this machine, in sentences for people. */
  readonly caveats: readonly string[];
  /** The backend's own part: argv and the like. */
  readonly detail: Readonly<Record<string, unknown>>;
}
