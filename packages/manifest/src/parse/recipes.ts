import type { Fault } from "../rules/fault.ts";
import { hostFault } from "../rules/host.ts";
import { valueAt, type Located, type LocatedMap } from "../yaml/tree.ts";
import { oldAllowlist, oldRoutes, oldSsh, type OldRoute } from "./old-manifest.ts";
import { yamlText } from "./yaml-text.ts";

/** The mend for a key of older bottle manifests, as YAML to paste, made of the user's own values. */
export function recipeFor(path: readonly string[], node: LocatedMap): Fault | undefined {
  const [top = "", second] = path;
  const value = valueAt(node, path.at(-1) ?? "");
  if (path.length === 1 && Object.hasOwn(topRecipes, top)) return topRecipes[top]?.(value);
  if (path.length === 2 && top === "egress" && (second === "allowlist" || second === "dlp_action")) return allowlistFault(second, node);
  return undefined;
}

const topRecipes: Readonly<Record<string, (value: Located | undefined) => Fault>> = {
  cred_proxy: (value) => routesFault("cred_proxy", value, "The egress adds credentials now, by route."),
  egress_proxy: (value) => routesFault("egress_proxy", value, "Its routes are in `egress` now."),
  tokens: (value) => routesFault("tokens", value, "A credential belongs to the route that uses it."),
  ssh: (value) => ({
    code: "key-legacy",
    message: "`ssh` is of an older bottle. SSH goes through the git gate now, one upstream at a time.",
    mend: ["Write instead:", "git:", ...oldSsh(value).flatMap(gitLines)].join("\n"),
  }),
};

function routesFault(key: string, value: Located | undefined, why: string): Fault {
  return { code: "key-legacy", message: `\`${key}\` is of an older bottle. ${why}`, mend: egressYaml(oldRoutes(value)) };
}

function allowlistFault(key: string, egress: LocatedMap): Fault {
  const routes = oldAllowlist(egress);
  return {
    code: "key-legacy",
    message: key === "allowlist"
      ? "`egress.allowlist` is of an older bottle. Hosts are routes now."
      : "`egress.dlp_action` is of an older bottle. Each route has its own `dlp` now.",
    mend: egressYaml(routes),
  };
}

function egressYaml(routes: readonly OldRoute[]): string {
  const known = routes.length > 0 ? routes : [{ host: "api.example.com", token: "NAME_OF_A_VARIABLE" }];
  return ["Write instead:", "egress:", "  routes:", ...known.flatMap(routeLines)].join("\n");
}

function routeLines({ host, paths, scheme, token, dlp }: OldRoute): string[] {
  return [
    `    - host: ${yamlText(host)}`,
    ...(paths === undefined || paths.length === 0 ? [] : [`      paths: [${paths.map((path) => JSON.stringify(path)).join(", ")}]`]),
    ...(token === undefined ? [] : [`      auth: { scheme: ${scheme ?? "bearer"}, token_ref: ${yamlText(token)} }`]),
    ...(dlp === undefined ? [] : [`      dlp: ${dlp}`]),
  ];
}

function gitLines({ name, user, host, port, identityFile, hostKey }: ReturnType<typeof oldSsh>[number]): string[] {
  const server = hostFault(host) ? "git.example.com" : host;
  return [
    `  - name: ${yamlText(name)}`,
    `    upstream: ssh://${user ?? "git"}@${server}:${port ?? 22}/OWNER/REPOSITORY.git`,
    ...(identityFile === undefined ? [] : [`    identity_file: ${yamlText(identityFile)}`]),
    ...(hostKey === undefined ? [] : [`    known_host_key: ${yamlText(hostKey)}`]),
  ];
}
