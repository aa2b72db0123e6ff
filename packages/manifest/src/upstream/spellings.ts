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
