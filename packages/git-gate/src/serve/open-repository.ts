import { join } from "node:path";
import type { GateLimits, GateRepository } from "../options.ts";
import { openRepository } from "../git/repository.ts";
import { sweepLocks, sweepQuarantines } from "../git/sweep.ts";
import { tidyPacks } from "../git/tidy.ts";
import { createRemote, type Remote, type RemotePlace } from "../upstream/remote.ts";
import { createExclusive, type Exclusive } from "./exclusive.ts";
import { createTenure, type Tenure } from "./tenure.ts";

/** A repository that is served. */
export interface Served extends Pick<Tenure, "enter" | "retired"> {
  readonly declared: GateRepository;
  readonly path: string;
  /** Home of its git processes. */
  readonly scratch: string;
  readonly remote: Remote;
  /** Of pushes and refreshes: each sees the refs that the one before left. */
  readonly exclusive: Exclusive;
  /** Counts a push that uploads. Disposing ends it, and after the last one takes away what any of them left. */
  receive(): AsyncDisposable;
  /** Brings it up to date; those who ask while that is under way and has not begun to read get the same. @returns what went wrong */
  refresh(): Promise<string | undefined>;
  /** What went wrong in the last refresh, if that is no more than a moment ago; else in a new one. */
  current(): Promise<string | undefined>;
  /** Refuses what is under way, and resolves when nothing is any more, and nothing of it connects to the upstream. */
  retire(): Promise<void>;
}

/** Where and how repositories are served. */
export interface ServeOptions extends Pick<RemotePlace, "door" | "caCertificates"> {
  readonly directory: string;
  readonly limits: GateLimits;
}

/** Longer than a fetch takes from its first request to its last, as a rule. */
const momentMs = 60_000;

export async function serveRepository(declared: GateRepository, { directory, limits, ...out }: ServeOptions): Promise<Served> {
  const path = await openRepository(directory, declared.name, limits);
  const scratch = join(directory, `${declared.name}.home`);
  const remote = await createRemote(declared, { repository: path, scratch, ...out });
  const exclusive = createExclusive();
  const tenure = createTenure();
  let receiving = 0;
  let waiting: Promise<string | undefined> | undefined;
  let last: { readonly fault: string | undefined; readonly atMs: number } | undefined;
  const bringUpToDate = async (): Promise<string | undefined> => {
    using _turn = await exclusive.enter();
    waiting = undefined;
    try {
      const fault = await remote.refresh();
      if (fault === undefined && receiving === 0) await tidyPacks(path, scratch);
      if (fault === undefined) return undefined;
      // Left by a git that was killed, or that got a broken pack: nobody else changes refs while it is our turn.
      await sweepLocks(path);
      return /\.lock'|tmp_/.test(fault) ? await remote.refresh() : fault;
    } catch (error) {
      await sweepLocks(path);
      return error instanceof Error ? error.message : String(error);
    }
  };
  const refresh = (): Promise<string | undefined> => waiting ??= bringUpToDate().then((fault) => {
    last = { fault, atMs: Date.now() };
    return fault;
  });
  const receive = (): AsyncDisposable => {
    receiving += 1;
    return {
      async [Symbol.asyncDispose]() {
        receiving -= 1;
        if (receiving === 0) await sweepQuarantines(path);
      },
    };
  };
  const cut = (): void => {
    out.door.close();
    remote.disconnect();
  };
  return {
    declared, path, scratch, remote, exclusive, receive, refresh,
    current: async () => (last !== undefined && Date.now() - last.atMs < momentMs ? last.fault : refresh()),
    enter: (response) => tenure.enter(response), retired: tenure.retired, retire: () => tenure.end(cut),
  };
}
