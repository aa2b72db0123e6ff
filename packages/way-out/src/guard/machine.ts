import { lookup } from "node:dns/promises";
import { networkInterfaces } from "node:os";

/** All addresses of a name, as this machine resolves it. */
export async function resolveName(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}

/** The addresses of this machine's interfaces, now. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address));
}
