/** IPv4 ranges that are not the public internet (IANA special-purpose registry, RFC 6890), and cloud metadata in public space. */
export const specialIpv4 = [
  "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
  "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
] as const;

/** The only IPv6 space in public use; loopback, unique-local, link-local, multicast and the rest are outside. */
export const publicIpv6 = ["2000::/3"] as const;

/** Inside it: protocol assignments with Teredo, documentation, 6to4, SRv6 documentation. */
export const specialIpv6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"] as const;

/** Prefixes whose last 32 bits are an IPv4 address that is really dialled: v4-mapped and the well-known NAT64 prefix. */
export const embeddingIpv6 = ["::ffff:0:0/96", "64:ff9b::/96"] as const;

/**
 * Where clouds serve their machines' credentials: link-local of AWS, Azure, Google, Oracle and others, and what is not: AWS over IPv6 (fd00:ec2::254), Google over IPv6 (fd20:ce::254),
 * Azure's wire server, Alibaba, Oracle's former one.
 */
export const metadata = ["169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "fd20:ce::254/128", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32"] as const;
