export { canonicalHost, embeddedIpv4, formatAuthority, isAddress } from "@bottle/way-out";
