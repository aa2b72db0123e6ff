import { BlockList, isIPv4, isIPv6 } from "node:net";

// IANA's special-purpose registries (RFC 6890 and successors), and the metadata addresses of the clouds.
const special4 = [
  "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
  "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
  "168.63.129.16/32",
];
// All but global unicast 2000::/3, and within that what embeds or stands for something else.
const special6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

const blocked4 = blockList(special4, "ipv4");
const blocked6 = blockList(special6, "ipv6");
const global6 = blockList(["2000::/3"], "ipv6");
// Well-known NAT64 prefix and v4-mapped: judged by the IPv4 address they carry, and refused in any case.

/** Whether an address is one that no ordinary upstream has: private, local, special, or not an address at all. */
export function isSpecialAddress(address: string): boolean {
  if (isIPv4(address)) return blocked4.check(address, "ipv4");
  if (!isIPv6(address) || address.includes("%")) return true;
  return !global6.check(address, "ipv6") || blocked6.check(address, "ipv6");
}

/** Whether an address is in a CIDR; false for a CIDR that is not one. */
export function isInCidr(address: string, cidr: string): boolean {
  const family = isIPv4(address) ? "ipv4" : "ipv6";
  try {
    return blockList([cidr], family).check(address, family);
  } catch {
    return false;
  }
}

function blockList(cidrs: readonly string[], family: "ipv4" | "ipv6"): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = "", bits = ""] = cidr.split("/");
    if (!/^[0-9]{1,3}$/.test(bits)) throw new RangeError(`${cidr} is not a CIDR.`);
    list.addSubnet(network, Number(bits), family);
  }
  return list;
}
