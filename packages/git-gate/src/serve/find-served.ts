import { parseUpstream, upstreamKey, type UpstreamAddress } from "@bottle/manifest/upstream";
import type { Served } from "./open-repository.ts";

/** A repository that nobody declared, at the host of one that is. */
export interface Neighbour {
  readonly kind: "neighbour";
  /** With the port, if it was written. */
  readonly host: string;
  readonly path: string;
  /** One that is declared there, over SSH if any is. */
  readonly beside: UpstreamAddress;
}

/** What a repository in a request is: one that is served, another at the host of one, or nothing the gate knows. */
export type Found =
  | { readonly kind: "served"; readonly served: Served }
  | Neighbour
  | { readonly kind: "unknown" };

const place = /^(\[[^\]]+\]|[^:/]+)(?::([0-9]{1,5}))?\/(.+)$/;

/**
 * Finds repositories by name, and by where their upstream is. `insteadOf` of git rewrites all that begins like a declared upstream:
 * `https://h/acme/app2` for `https://h/acme/app` as well, which comes here as a neighbour.
 */
export function createFind(repositories: ReadonlyMap<string, Served>): (repository: string) => Found {
  const byUpstream = new Map<string, Served>();
  const hosts = new Map<string, UpstreamAddress>();
  for (const served of repositories.values()) {
    const address = parseUpstream(served.declared.upstream);
    if (address === undefined) continue;
    byUpstream.set(upstreamKey(address), served);
    if (address.transport === "ssh" || !hosts.has(address.host)) hosts.set(address.host, address);
  }
  return (repository) => {
    const [, name = "", port, path] = place.exec(repository) ?? [];
    if (path === undefined) return known(repositories.get(repository) ?? repositories.get(repository.replace(/\.git$/, "")));
    const host = name.replace(/^\[|\]$/g, "").toLowerCase();
    const served = byUpstream.get(upstreamKey({ transport: "https", host, port: 443, path }));
    const beside = hosts.get(host);
    if (served !== undefined || beside === undefined) return known(served);
    return { kind: "neighbour", host: port === undefined ? name : `${name}:${port}`, path, beside };
  };
}

function known(served: Served | undefined): Found {
  return served === undefined ? { kind: "unknown" } : { kind: "served", served };
}
