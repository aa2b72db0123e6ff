import { pairs, type RawHeaders } from "./credential.ts";

// RFC 9110, 7.6.1, and what is between a client and its proxy alone.
const hopByHop = new Set([
  "connection", "keep-alive", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization", "proxy-connection", "te",
  "trailer", "transfer-encoding", "upgrade", "http2-settings",
]);

/** Headers without those that end at this hop, and without those `Connection` nominates. */
export function endToEnd(headers: RawHeaders, also: readonly string[] = []): string[] {
  const list = pairs(headers);
  const nominated = list.filter(([name]) => name.toLowerCase() === "connection").flatMap(([, value]) => value.toLowerCase().split(",").map((word) => word.trim()));
  const dropped = new Set([...hopByHop, ...nominated, ...also]);
  return list.filter(([name]) => !dropped.has(name.toLowerCase())).flat();
}

/** All values of a header, in order. */
export function valuesOf(headers: RawHeaders, name: string): readonly string[] {
  return pairs(headers).filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}
