import { WayOutError } from "../errors.ts";
import { isInRange, isRange } from "../guard/addresses.ts";
import type { HostPort } from "../host/authority.ts";
import { canonicalHost, isAddress } from "../host/host.ts";

/** Whether an upstream is dialled directly though there is a hop. */
export type Bypass = (target: HostPort) => boolean;

/**
 * Reads a `noProxy` list as curl does (`CURLOPT_NOPROXY`, lib/noproxy.c): `*` is everything; a name holds itself and its subdomains, with or
 * without a leading dot, at label borders; an address holds itself, a range (`10.0.0.0/8`) its addresses. Names are never resolved for it.
 * Beyond curl, `:port` after an entry narrows it to one port.
 * @throws WayOutError naming the entry that cannot be read
 */
export function createBypass(entries: readonly string[]): Bypass {
  const tests = entries.flatMap((list) => list.split(/[\s,]+/)).filter((entry) => entry !== "").map(readEntry);
  return (target) => tests.some((test) => test(target));
}

function readEntry(entry: string): Bypass {
  const { text, port } = splitPort(entry);
  const holds = readHosts(text);
  if (holds === undefined || port === 0 || port > 65_535) {
    throw new WayOutError(`via.noProxy: ${JSON.stringify(entry)} must be *, a name (which holds its subdomains), an address or a range, and maybe a :port.`);
  }
  return (target) => (port === -1 || target.port === port) && holds(target.host);
}

function readHosts(text: string): ((host: string) => boolean) | undefined {
  if (text === "*") return () => true;
  if (isRange(text)) return (host) => isAddress(host) && isInRange(host, text);
  const name = canonicalHost(text.replace(/^\./, ""));
  if (name === undefined || isAddress(name)) return undefined;
  return (host) => host === name || host.endsWith(`.${name}`);
}

// An IPv6 address is written without brackets, or with them if a port follows; -1: no port.
function splitPort(entry: string): { readonly text: string; readonly port: number } {
  const bracketed = /^\[([^\]]*)\](?::([0-9]{1,5}))?$/.exec(entry);
  const plain = /^([^:]*)(?::([0-9]{1,5}))?$/.exec(entry);
  const [, text = entry, port] = bracketed ?? plain ?? [];
  return { text, port: port === undefined ? -1 : Number(port) };
}
