import { connect, type Socket } from "node:net";
import type { Guard } from "../guard/destination.ts";
import { openTunnel } from "../hop/open-tunnel.ts";
import type { HostPort } from "../host/authority.ts";
import { findWay, type TrustedHop } from "./find-way.ts";
import { pinned } from "./pinned.ts";
import { untilOpen } from "./until-open.ts";

/** An upstream, and who speaks first in its protocol: in TLS the client, in SSH both. */
export interface Target extends HostPort {
  readonly upstreamMaySpeakFirst?: boolean;
}

/** Opens a connection on which all that is said is the upstream's and the caller's. @throws UpstreamFailure */
export type Connect = (target: Target) => Promise<Socket>;

/** Connections that dial only what the guard allows, within one time limit for name, connection and hop together. */
export function createConnect({ guard, via, timeoutMs }: { readonly guard: Guard; readonly via?: TrustedHop | undefined; readonly timeoutMs: number }): Connect {
  return async (target) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const way = await findWay({ guard, via, target, signal });
    if ("hop" in way) return openTunnel({ ...way, target, signal });
    return untilOpen(connect(pinned(way)), "connect", signal);
  };
}
