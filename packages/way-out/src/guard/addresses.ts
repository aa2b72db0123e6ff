import { BlockList, isIPv4, isIPv6 } from "node:net";
import { embeddingIpv6, metadata, publicIpv6, specialIpv4, specialIpv6 } from "./special-ranges.ts";

const special4 = rangeList(specialIpv4);
const public6 = rangeList(publicIpv6);
const special6 = rangeList(specialIpv6);
const metadataList = rangeList(metadata);
const embedding6 = rangeList(embeddingIpv6);

/** Whether an address is on the public internet. Everything special or not understood is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special4.check(address, "ipv4");
  if (!isIPv6(address) || address.includes("%")) return false;
  if (embedding6.check(address, "ipv6")) return !special4.check(embeddedIpv4(address), "ipv4");
  return public6.check(address, "ipv6") && !special6.check(address, "ipv6");
}

/** Whether an address is where a cloud tells its machines their credentials, in whatever spelling. */
export function isMetadataAddress(address: string): boolean {
  const reached = reachedAddress(address);
  return metadataList.check(reached, isIPv4(reached) ? "ipv4" : "ipv6");
}

/** The address that is reached in the end: the IPv4 address inside a v4-mapped or NAT64 one, else the address itself. */
export function reachedAddress(address: string): string {
  return isIPv6(address) && !address.includes("%") && embedding6.check(address, "ipv6") ? embeddedIpv4(address) : address;
}

/** Whether an address lies in a range, for example `10.0.0.0/8`; a range without a length is one address. */
export function isInRange(address: string, cidr: string): boolean {
  return rangeList([cidr]).check(address, isIPv4(address) ? "ipv4" : "ipv6");
}

/** Whether a text is a range that `isInRange` understands. */
export function isRange(cidr: string): boolean {
  const [address = "", length, ...rest] = cidr.split("/");
  const bits = isIPv4(address) ? 32 : 128;
  const isLength = length === undefined || (/^[0-9]{1,3}$/.test(length) && Number(length) <= bits);
  return rest.length === 0 && isLength && (isIPv4(address) || (isIPv6(address) && !address.includes("%")));
}

function rangeList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = "", length] = cidr.split("/");
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    list.addSubnet(address, length === undefined ? (family === "ipv4" ? 32 : 128) : Number(length), family);
  }
  return list;
}

// The URL parser writes IPv6 in its one hexadecimal spelling, whose last two groups are then the IPv4 address.
function embeddedIpv4(address: string): string {
  const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1).split(":").slice(-2);
  return groups.flatMap((group) => {
    const value = Number.parseInt(group || "0", 16);
    return [value >> 8, value & 255];
  }).join(".");
}
