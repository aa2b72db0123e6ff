export { type HostPort, parseAuthority } from "@bottle/way-out";
