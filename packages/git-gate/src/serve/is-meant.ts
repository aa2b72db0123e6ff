import { isAddress, parseAuthority } from "@bottle/way-out";
import type { GitGateOptions } from "../options.ts";

const httpPort = 80;

/**
 * Whether a request is for this listener, by its `Host`. One on loopback goes by an address or by `localhost` alone: a page in a browser that
 * had made a name of its own lead here (DNS rebinding) would read repositories as if they were its own.
 */
export function isMeant(listen: GitGateOptions["listen"], host = ""): boolean {
  if ("unix" in listen || !isLoopback(listen.host)) return true;
  const name = parseAuthority(host, httpPort)?.host;
  return name !== undefined && (isAddress(name) || isLocalhost(name));
}

function isLoopback(host: string): boolean {
  return isLocalhost(host) || (isAddress(host) && (host === "::1" || host.startsWith("127.")));
}

function isLocalhost(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost");
}
