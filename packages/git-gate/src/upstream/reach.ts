import { parseUpstream } from "@bottle/manifest/upstream";
import { canonicalHost, createConnect, type Connect, createGuard, createTrust, type Guard, isAddress, isMetadataAddress, ownAddresses, readHop, resolveName, type Target, WayOutError } from "@bottle/way-out";
import { GateError } from "../errors.ts";
import type { GateRepository, ReachOptions } from "../options.ts";

/** Longer than a server takes, and shorter than ssh waits. */
const connectMs = 12_000;

/**
 * How the gate's upstreams are connected to: by the guard and the proxy of the egress. An address that the operator wrote as an upstream is allowed by that; where clouds tell
 * credentials is never one, whatever leads there.
 * @param ownPorts what listens here
 * @throws GateError `option-invalid`
 */
export function createReach(options: ReachOptions, repositories: readonly Pick<GateRepository, "upstream">[], ownPorts: () => readonly number[]): Connect {
  const { hosts = {}, via } = options;
  const allowPrivate = [...(options.allowPrivate ?? []), ...repositories.flatMap(({ upstream }) => {
    const { host, port } = targetOf({ upstream });
    return isAddress(host) ? [{ host, port, cidr: host }] : [];
  })];
  try {
    const guard = createGuard({ hosts, allowPrivate, resolve: resolveName, ownAddresses, ownPorts: () => [...ownPorts(), ...(options.ownPorts ?? [])] });
    const hop = via && readHop(via, { hosts, allowPrivate });
    return createConnect({ guard: withoutMetadata(guard), timeoutMs: connectMs, ...(hop && { via: { hop, trust: createTrust(hop.caCertificates) } }) });
  } catch (error) {
    if (error instanceof WayOutError) throw new GateError("option-invalid", error.message, { cause: error });
    throw error;
  }
}

/** Where a repository's upstream is. */
export function targetOf({ upstream }: Pick<GateRepository, "upstream">): Target {
  const address = parseUpstream(upstream);
  const host = canonicalHost(address?.host ?? "");
  if (address === undefined || host === undefined) throw new GateError("option-invalid", `${JSON.stringify(upstream)} is not the address of a git upstream.`);
  return { host, port: address.port, upstreamMaySpeakFirst: address.transport === "ssh" };
}

function withoutMetadata(guard: Guard): Guard {
  return async (target) => {
    const verdict = await guard(target);
    return "addresses" in verdict && verdict.addresses.some(isMetadataAddress) ? { refused: "address-forbidden" } : verdict;
  };
}
