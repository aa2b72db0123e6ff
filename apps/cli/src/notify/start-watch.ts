import type { StateStore } from "@bottle/backend-core";
import { followAudit } from "@bottle/sidecars";
import type { Context } from "../context.ts";
import { backendNamed } from "../services/backends.ts";
import { channelsOf } from "./channels.ts";
import { watchProposals } from "./watch-proposals.ts";

/** Watches a running bottle's proposals for the operator; undefined if nobody is to be told. */
export async function startWatch(context: Context, { state, identity, backend: name, isKept }: {
  readonly state: StateStore; readonly identity: string; readonly backend: string; readonly isKept: boolean;
}): Promise<AsyncDisposable | undefined> {
  const channels = await channelsOf(context, { identity, isKept });
  if (channels.length === 0) return undefined;
  const backend = await backendNamed(context, state, name);
  return watchProposals({ identity, channels, follow: (options) => followAudit(() => backend.control(identity, options.signal), options) });
}
