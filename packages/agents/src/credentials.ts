import type { AgentAuth, AgentHost, AgentKind, AgentRoute } from "./model.ts";

/**
 * The routes a kind needs, with the credentials that are there. A host none of whose credentials is there gets no route.
 * @param available names of the operator's variables that hold a credential
 */
export function agentRoutes(kind: AgentKind, available: Iterable<string>): readonly AgentRoute[] {
  const names = new Set(available);
  return kind.hosts.flatMap((host) => {
    const auth = chosenAuth(host, names);
    return auth === undefined ? [] : [{ host: host.host, methods: host.methods, paths: host.paths, auth }];
  });
}

/**
 * The variables the bottle gets in place of credentials: of those that are there, the ones its routes use. claude warns
 * of two at once, so the others are left out.
 * @param available names of the operator's variables that hold a credential
 */
export function placeholderEnv(kind: AgentKind, available: Iterable<string>): Readonly<Record<string, string>> {
  const used = new Set(agentRoutes(kind, available).map((route) => route.auth?.tokenRef));
  const shown = kind.credentials.filter(({ envName }) => used.has(envName));
  return Object.fromEntries(shown.map(({ envName, placeholder }) => [envName, placeholder]));
}

function chosenAuth(host: AgentHost, names: ReadonlySet<string>): AgentAuth | undefined {
  return host.auths.find(({ tokenRef }) => names.has(tokenRef));
}
