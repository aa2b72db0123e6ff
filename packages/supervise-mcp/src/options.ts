import type { Ask, AskedPush, AskedRoute, GrantEvent, Lifetime, ListenAddress, Proposal, ProposalEvent } from "@bottle/manifest";

/** What an agent can make of the queue, and how long anybody waits. */
export interface SuperviseLimits {
  /** Proposals that wait for the operator at once. */
  readonly pending: number;
  /** New proposals in any hour. */
  readonly perHour: number;
  /** Questions in any minute, also those that make no proposal. */
  readonly asksPerMinute: number;
  /** Decided proposals that are kept, the newest; and bytes of their files. */
  readonly kept: number;
  readonly keptBytes: number;
  /** How long a call waits for the operator. */
  readonly waitMs: number;
  /** How often a waiting call says that it waits. */
  readonly progressMs: number;
  /** After so long nobody can decide any more. */
  readonly lifeMs: number;
  /** For so long what was approved waits for its settlement; then it has failed. */
  readonly settleMs: number;
  /** For so long a rejection answers the same question asked once more. */
  readonly rejectionMs: number;
}

/** What the agent may see. */
export interface CurrentConfig {
  readonly generation: number;
  readonly routes: readonly object[];
  readonly dockerfile?: string;
}

/** Which tools there are besides egress-block and list-egress-routes. */
export interface SuperviseTools {
  readonly pipelock: boolean;
  readonly push: boolean;
  /** `true`, or the sentence that says what to do where there are no images. */
  readonly capability: true | string;
}

/** Why the operator is not asked. */
export type Judgement = { readonly refused: string } | { readonly inForce: string };

export interface SuperviseOptions {
  readonly listen: ListenAddress;
  /** Absolute; the queue is `<directory>/queue`. */
  readonly directory: string;
  readonly identity: string;
  /** Milliseconds since 1970; default: the clock. */
  readonly now?: () => number;
  /** What the agent may see; asked at every call. */
  readonly current: () => CurrentConfig;
  readonly tools: SuperviseTools;
  /** Judged before a person sees it: why it cannot be asked for (guards, deny routes), or that it is in force already. */
  readonly judge: (ask: Ask) => Promise<Judgement | undefined>;
  /** A push the gate holds, by the id it was told to the agent with. */
  readonly heldPush: (id: string) => AskedPush | undefined;
  /** Puts an approved proposal in force; throws if it cannot. `later`: the operator's command goes on and settles it (capability). One after the other. */
  readonly apply: (proposal: Proposal) => Promise<"applied" | "later">;
  /** Recorded before it is answered for; if it throws, the call fails and nothing changes. */
  readonly onEvent: (event: ProposalEvent | GrantEvent) => void;
  /** One sentence for the log file: what was set aside, what could not be kept. */
  readonly say?: (sentence: string) => void;
  readonly limits?: Partial<SuperviseLimits>;
}

/** Yes to exactly what was shown. */
export interface Approval extends Lifetime {
  readonly proposal: string;
  /** The `hash` of the proposal that was shown. */
  readonly hash: string;
  /** Who decides, as they call themselves. */
  readonly by: string;
  readonly reason?: string;
  /** What is granted in place of what was asked. */
  readonly route?: AskedRoute;
  readonly always?: boolean;
}

/** No to exactly what was shown. */
export interface Rejection {
  readonly proposal: string;
  readonly hash: string;
  readonly by: string;
  /** For the agent's eyes. */
  readonly reason?: string;
}

/** What became of an approved proposal that `apply` left for later. */
export interface Settlement {
  readonly proposal: string;
  readonly outcome: "applied" | "failed";
  /** Why it failed, in a sentence. */
  readonly detail?: string;
}

/** The server that the agent asks, and the operator's side of its queue. Nothing of that side can be reached over the listener. */
export interface Supervise extends AsyncDisposable {
  readonly address: ListenAddress;
  /** All there are, newest first. */
  list(): readonly Proposal[];
  /**
   * Answers once it is in force, or has failed (`state`), or is left for later (`approved`).
   * @throws SuperviseError `proposal-unknown`, `proposal-changed`, `proposal-decided` (says by whom), `decision-invalid`, `queue-failed`
   */
  approve(request: Approval): Promise<Proposal>;
  /** @throws SuperviseError as `approve` */
  reject(request: Rejection): Promise<Proposal>;
  /** @throws SuperviseError `proposal-unknown`, `proposal-not-approved`, `queue-failed` */
  settle(request: Settlement): Promise<Proposal>;
}
