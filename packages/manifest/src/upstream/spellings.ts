import { parseUpstream, type UpstreamAddress } from "./address.ts";

/**
 * Every spelling of an upstream that a program inside may use, for `url.<gate>.insteadOf`: over SSH as a URL and as `host:path`, over
 * HTTPS, each with and without user, standard port and `.git`. git takes the longest that begins the URL, so that all need their whole path.
 */
export function spellingsOf(upstream: string): readonly string[] {
  const address = parseUpstream(upstream);
  if (address === undefined) return [];
  const paths = withAndWithoutSuffix(address.path.replace(/^\/+/, "").replace(/\/+$/, ""));
  return [...new Set(paths.flatMap((path) => [...sshSpellings(address, path), ...httpsSpellings(address, path)]))];
}

/**
 * How git inside is led to the gate: `[url "<gate>/<path>"]` with an `insteadOf` for each prefix. git replaces the prefix and keeps the
 * rest of the URL, whatever that is: `.git`, or the end of the name of a neighbour that nobody declared. So the path says host and path
 * without `.git`, from which the gate knows where `https://h/acme/app2` or `https://h/acme/app.github.io` was meant to go.
 */
export function rewriteOf(upstream: string): { readonly path: string; readonly prefixes: readonly string[] } | undefined {
  const address = parseUpstream(upstream);
  if (address === undefined) return undefined;
  const { transport, host, port, path } = address;
  const [, stem = ""] = withAndWithoutSuffix(path.replace(/^\/+/, "").replace(/\/+$/, ""));
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    path: `${name}${transport === "https" && port !== 443 ? `:${port}` : ""}/${stem}`,
    prefixes: [...new Set([...sshSpellings(address, stem), ...httpsSpellings(address, stem)])],
  };
}

function sshSpellings({ transport, user, host, port }: UpstreamAddress, path: string): readonly string[] {
  const name = host.includes(":") ? `[${host}]` : host;
  const users = [...new Set(["git@", "", ...(user === undefined ? [] : [`${user}@`])])];
  const isStandard = transport === "https" || port === 22;
  const suffixes = isStandard ? ["", ":22"] : [`:${port}`];
  return users.flatMap((who) => [
    ...suffixes.flatMap((suffix) => ["ssh", "git+ssh", "ssh+git"].map((scheme) => `${scheme}://${who}${name}${suffix}/${path}`)),
    ...(isStandard ? [`${who}${name}:${path}`, `${who}${name}:/${path}`] : []),
  ]);
}

function httpsSpellings({ transport, host, port }: UpstreamAddress, path: string): readonly string[] {
  const name = host.includes(":") ? `[${host}]` : host;
  const suffixes = transport === "https" && port !== 443 ? [`:${port}`] : ["", ":443"];
  return suffixes.flatMap((suffix) => [`https://${name}${suffix}/${path}`, `https://git@${name}${suffix}/${path}`]);
}

// The one with the suffix first: it begins with the other.
function withAndWithoutSuffix(path: string): readonly string[] {
  const stem = path.replace(/\.git$/, "");
  return [`${stem}.git`, stem];
}
