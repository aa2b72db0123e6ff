import { canonicalHost, isAddress } from "@bottle/way-out";

/** Which hosts a route names: any, one, or all under a name (`under` stands after `*.`). */
export type RouteHost =
  | { readonly kind: "any" }
  | { readonly kind: "exact"; readonly host: string }
  | { readonly kind: "wildcard"; readonly under: string };

const form = "host must be a name, an IP address, or *.name";

/** Reads a route's host, or says what is wrong with it. */
export function readRouteHost(text: string, dangerouslyAllowAll: boolean): RouteHost | { readonly problem: string } {
  if (text === "*") return dangerouslyAllowAll ? { kind: "any" } : { problem: form };
  const prefix = text.startsWith("*.") ? "*." : "";
  const name = text.slice(prefix.length);
  const host = canonicalHost(name);
  if (host === undefined) return { problem: suggestion(prefix, name) ?? form };
  if (prefix === "") return { kind: "exact", host };
  return isAddress(host) ? { problem: form } : { kind: "wildcard", under: host };
}

// Not converted silently (UTS #46, as the URL standard does it), because the operator shall see which name a look-alike is.
function suggestion(prefix: string, name: string): string | undefined {
  const url = /[^\0-\x7f]/.test(name) && /^[^\0-\x20/\\?#@:%[\]]+$/.test(name) ? `http://${name}/` : "";
  const ascii = URL.canParse(url) ? canonicalHost(new URL(url).hostname) : undefined;
  return ascii && `host must be written in ASCII: ${prefix}${ascii}`;
}
