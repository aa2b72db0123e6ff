import { parseUpstream } from "@bottle/manifest/upstream";
import {
  canonicalHost, createConnect, type Connect, createGuard, createTrust, type Guard, isAddress, isMetadataAddress, ownAddresses, type PrivateAllowance, readHop, resolveName, type Target, WayOutError,
} from "@bottle/way-out";
import { GateError } from "../errors.ts";
import type { GateRepository, ReachOptions } from "../options.ts";

/** Longer than a server takes, and shorter than ssh waits. */
const connectMs = 12_000;

/**
 * How the gate's upstreams are connected to: by the guard and the proxy of the egress. An address that the operator wrote as an upstream is allowed by that, for this upstream; where clouds
 * tell credentials is never one, whatever leads there.
 * @param ownPorts what listens here
 * @throws GateError `option-invalid`
 */
export function createReach(options: ReachOptions, ownPorts: () => readonly number[]): (repository: Pick<GateRepository, "upstream">) => Connect {
  const { hosts = {}, via } = options;
  const trust = createTrust(via?.caCertificates ?? []);
  const connectWith = (allowPrivate: readonly PrivateAllowance[]): Connect => {
    const guard = createGuard({ hosts, allowPrivate, resolve: resolveName, ownAddresses, ownPorts: () => [...ownPorts(), ...(options.ownPorts ?? [])] });
    const hop = via && readHop(via, { hosts, allowPrivate });
    return createConnect({ guard: withoutMetadata(guard), timeoutMs: connectMs, ...(hop && { via: { hop, trust } }) });
  };
  const allowPrivate = options.allowPrivate ?? [];
  const connect = asOptions(() => connectWith(allowPrivate));
  return (repository) => {
    const { host, port } = targetOf(repository);
    return isAddress(host) ? connectWith([...allowPrivate, { host, port, cidr: host }]) : connect;
  };
}

function asOptions<T>(read: () => T): T {
  try {
    return read();
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
