import { formatAuthority, type HostPort, type UpstreamReason } from "@bottle/way-out";

/** Why an upstream was not reached, for people: what to do, and no address that a name has. */
export function describeFailure(reason: UpstreamReason, { host, port }: HostPort): string {
  return sentences[reason](formatAuthority(host, port), host);
}

const proxyFailed = (where: string): string => `The proxy that upstreams are reached through (upstream_proxy) could not be asked for ${where}.`;

const sentences: Readonly<Record<UpstreamReason, (where: string, host: string) => string>> = {
  "address-forbidden": (where, host) => `${host} has an address that is not a public one, and nothing allows it for ${where}. The operator allows it by allow_private (host, port and range), or by hosts (its address).`,
  "own-listener": (where) => `${where} is the gate itself, or what it is reached through.`,
  "name-not-found": (_, host) => `${host} has no address: the name does not resolve.`,
  "upstream-unreachable": (where) => `${where} does not answer.`,
  "upstream-untrusted": (where) => `${where} is not trusted: its certificate.`,
  "upstream-broken": (where) => `The connection to ${where} broke off.`,
  "upstream-timeout": (where) => `${where} did not answer in time.`,
  "hop-refused": (where) => `The proxy that upstreams are reached through (upstream_proxy) refused ${where}. Many allow port 443 alone; some git servers take SSH there too.`,
  "hop-unreachable": proxyFailed,
  "pipelock-blocked": proxyFailed,
};
