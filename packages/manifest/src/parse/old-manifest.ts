import { readNameFault } from "../rules/env-name.ts";
import { routeHostFault } from "../rules/host.ts";
import { hostKeyFault } from "../rules/host-key.ts";
import { hostPathFault } from "../rules/host-path.ts";
import { pathFault } from "../rules/request.ts";
import { nameRule } from "../rules/name.ts";
import { itemsOf, textOf, valueAt, type Located, type LocatedMap } from "../yaml/tree.ts";

/** A destination of an older manifest, as far as it could be read. */
export interface OldRoute {
  readonly host: string;
  readonly paths?: readonly string[];
  readonly scheme?: "bearer" | "basic" | "token";
  readonly token?: string;
  readonly dlp?: "warn" | "off";
}

/** An SSH host of an older manifest. */
export interface OldSsh {
  readonly name: string;
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
  readonly identityFile?: string;
  readonly hostKey?: string;
}

const mostShown = 20;
// Services that older manifests named by a word.
const known: Readonly<Record<string, string>> = {
  anthropic: "api.anthropic.com", claude: "api.anthropic.com", openai: "api.openai.com", codex: "api.openai.com", github: "api.github.com",
  gitlab: "gitlab.com", npm: "registry.npmjs.org", gemini: "generativelanguage.googleapis.com", google: "generativelanguage.googleapis.com",
};

/** Routes of `cred_proxy`, `egress_proxy` or `tokens`, in whichever of their forms: lists, maps, `routes:` or not. */
export function oldRoutes(node: Located | undefined): readonly OldRoute[] {
  const inner = valueAt(node, "routes") ?? node;
  const found = inner?.kind === "map" && find(inner, hostKeys) === undefined
    ? inner.entries.map(({ key, value }) => routeOf(value, key))
    : (inner?.kind === "list" ? inner.items : inner ? [inner] : []).map((item) => routeOf(item));
  return found.filter((route) => route !== undefined).slice(0, mostShown);
}

/** Routes of `egress: { allowlist, dlp_action }`. */
export function oldAllowlist(egress: LocatedMap): readonly OldRoute[] {
  const action = textOf(valueAt(egress, "dlp_action"));
  const dlp = action === "warn" || action === "off" ? action : undefined;
  return itemsOf(valueAt(egress, "allowlist")).slice(0, mostShown).flatMap((item) => {
    const route = routeOf(item);
    return route ? [{ ...route, ...(dlp && { dlp }) }] : [];
  });
}

/** Hosts of `ssh`: a list of entries, or a map of names to entries. */
export function oldSsh(node: Located | undefined): readonly OldSsh[] {
  const entries = node?.kind === "map" && find(node, ["host", "hostname"]) === undefined
    ? node.entries.map(({ key, value }) => sshOf(value, key))
    : (node?.kind === "list" ? node.items : node ? [node] : []).map((item) => sshOf(item));
  return entries.length > 0 ? entries.slice(0, mostShown) : [sshOf(node)];
}

const hostKeys: readonly string[] = ["host", "upstream", "hostname", "url", "domain", "baseurl"];

function routeOf(node: Located, key = ""): OldRoute | undefined {
  const written = node.kind === "scalar" ? textOf(node) : find(node, hostKeys);
  const byName = known[key.toLowerCase()] ?? known[(find(node, ["kind", "name", "provider", "service"]) ?? "").toLowerCase()];
  const host = hostOf(written) ?? hostOf(key) ?? byName;
  if (host === undefined) return undefined;
  const auth = valueAt(node, "auth") ?? node;
  const token = find(auth, ["tokenref", "token", "env", "fromenv", "variable"]) ?? (node.kind === "scalar" && written !== host ? written : undefined);
  const scheme = (find(auth, ["authscheme", "scheme"]) ?? "").toLowerCase();
  const paths = itemsOf(valueAt(node, "path_allowlist") ?? valueAt(node, "paths")).flatMap((path) => textOf(path) ?? []).filter((path) => !pathFault(path));
  return {
    host,
    ...(paths.length > 0 && { paths: paths.slice(0, mostShown) }),
    ...(token !== undefined && !readNameFault(token) && { token }),
    ...((scheme === "basic" || scheme === "token") && { scheme }),
  };
}

function sshOf(node: Located | undefined, key = ""): OldSsh {
  const host = find(node, ["hostname"]) ?? find(node, ["host"]) ?? textOf(node) ?? key;
  const name = (find(node, ["name", "host"]) ?? (key || host)).toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 41);
  const user = find(node, ["user"]);
  const port = Number(find(node, ["port"]));
  const identityFile = find(node, ["identityfile", "key", "keyfile"]);
  const hostKey = find(node, ["knownhostkey", "hostkey"]);
  return {
    name: nameRule("a git upstream")(name) ? "app" : name,
    ...(user !== undefined && /^[A-Za-z0-9_][A-Za-z0-9._-]{0,31}$/.test(user) && { user }),
    host: hostOf(host) ?? "git.example.com",
    ...(Number.isInteger(port) && port > 0 && port <= 65_535 && { port }),
    ...(identityFile !== undefined && !hostPathFault(identityFile) && { identityFile }),
    ...(hostKey !== undefined && !hostKeyFault(hostKey) && { hostKey }),
  };
}

// `TokenRef`, `token_ref` and `token-ref` were all in use.
function find(node: Located | undefined, keys: readonly string[]): string | undefined {
  if (node?.kind !== "map") return undefined;
  for (const wanted of keys) {
    const entry = node.entries.find(({ key }) => key.length < 64 && key.toLowerCase().replace(/[_-]/g, "") === wanted);
    if (entry?.value.kind === "scalar" && entry.value.value !== null) return String(entry.value.value);
  }
  return undefined;
}

function hostOf(text: string | undefined): string | undefined {
  if (text === undefined || text === "" || text.length > 2048) return undefined;
  const host = text.includes("://") ? URL.parse(text.replace(/^[a-z]+:/i, "https:"))?.hostname : text.toLowerCase().replace(/\/.*$/, "");
  return host === undefined || routeHostFault(host) || !host.includes(".") ? undefined : host;
}
