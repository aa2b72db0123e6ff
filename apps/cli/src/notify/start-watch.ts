import type { StateStore } from "@bottle/backend-core";
import { followAudit } from "@bottle/sidecars";
import type { Context } from "../context.ts";
import { backendNamed } from "../services/backends.ts";
import { supervisorOf } from "../proposals/order.ts";
import { channelsOf } from "./channels.ts";
import type { NoticedProposal } from "./notice.ts";
import { watchProposals } from "./watch-proposals.ts";

/** Watches a running bottle's proposals for the operator; undefined if nobody is to be told. */
export async function startWatch(context: Context, { state, identity, backend: name, isKept }: {
  readonly state: StateStore; readonly identity: string; readonly backend: string; readonly isKept: boolean;
}): Promise<AsyncDisposable | undefined> {
  const channels = await channelsOf(context, { identity, isKept });
  if (channels.length === 0) return undefined;
  const [backend, supervisor] = await Promise.all([backendNamed(context, state, name), supervisorOf(context, state, { identity, backend: name })]);
  const began = context.now().toISOString();
  const pending = async (): Promise<readonly NoticedProposal[]> => (await supervisor.proposals())
    .filter(({ state: at, createdAt }) => at === "pending" && createdAt >= began).map(({ id, ask }) => ({ id, kind: ask.kind }));
  return watchProposals({ identity, channels, pending, follow: (options) => followAudit(() => backend.control(identity, options.signal), options) });
}
