import { isIPv6, type LookupFunction, type TcpNetConnectOpts } from "node:net";
import type { Destination } from "../guard/destination.ts";

/** Options of a connection to addresses that were checked. The name is never looked up again: whatever asks gets these. */
export function pinned({ addresses, port }: Destination): TcpNetConnectOpts {
  return { host: "pinned.invalid", port, lookup: pinnedLookup(addresses), noDelay: true, keepAlive: true };
}

function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, options, callback) => {
    const [first] = found;
    if (options.all) callback(null, found);
    else callback(null, first?.address ?? "", first?.family);
  };
}
