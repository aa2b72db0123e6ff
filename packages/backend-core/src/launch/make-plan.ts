import { tokenSources, type EgressDeclaration, type Isolation, type Route, type TokenSource } from "@bottle/manifest";
import { describeRemote } from "../git/describe-remote.ts";
import { slugOf } from "../identity.ts";
import { workspacePath } from "../inside-env.ts";
import type { BottlePlan } from "../plan.ts";
import type { BottleSpec } from "../spec.ts";

/** What a backend adds to the plan of a spec. */
export interface PlanPart {
  readonly backend: string;
  readonly isolation: Isolation;
  readonly caveats: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The plan of a spec: names of secrets, never values. Pure. */
export function makePlan(spec: BottleSpec, part: PlanPart): BottlePlan {
  const { source } = spec.workspace;
  return {
    identity: spec.identity,
    slug: slugOf(spec.identity),
    backend: part.backend,
    isolation: part.isolation,
    agent: spec.agentName,
    bottle: spec.bottleName,
    kind: spec.kind,
    workspace: { mode: spec.workspace.mode, ...(source !== undefined && { source }), target: workspacePath },
    envNames: Object.keys(spec.env).sort(),
    secretEnvNames: Object.keys(spec.secretEnv).sort(),
    routes: spec.egress.declaration.routes.map(describeRoute),
    tokenRefs: [...Object.keys(spec.egress.tokens), ...(spec.egress.renewable?.refs ?? [])].sort(),
    credentials: describeCredentials(spec.egress.declaration),
    remotes: (spec.git?.repositories ?? []).map((repository) => describeRemote(repository, spec.git?.knownHostsFiles)),
    ...(spec.git?.identity && { commitsAs: `${spec.git.identity.name} <${spec.git.identity.email}>` }),
    supervise: spec.supervise === true,
    mounts: spec.mounts.map(({ source: from, target }) => `${from} → ${target} (read-only)`),
    limits: Object.fromEntries(Object.entries(spec.limits).filter((entry): entry is [string, number] => entry[1] !== undefined)),
    caveats: part.caveats,
    detail: part.detail,
  };
}

/** A route in one line: `POST api.example.com:443 /v1/messages, with TOKEN as bearer`; what it does not check is said loudly. */
export function describeRoute(route: Route): string {
  if (route.passthrough === true) return `UNREAD, any method and path: ${route.host}${route.ports ? `:${route.ports.join(",")}` : ""}`;
  const line = describeAllowed(route);
  if (route.deny === true) return `NEVER ${line}`;
  const dlp = route.dlp === "off" ? ", NOT SCANNED" : route.dlp === "warn" ? ", leaks only noted" : "";
  const limits = Object.entries(route.limits ?? {}).map(([name, value]) => `${value} ${limitNames[name] ?? name}`);
  return `${line}${dlp}${limits.length === 0 ? "" : `, at most ${limits.join(", ")}`}`;
}

const limitNames: Readonly<Record<string, string>> = { requestsPerMinute: "requests a minute", bytesOutPerMinute: "bytes out a minute", concurrent: "at once" };

function describeAllowed(route: Route): string {
  const methods = route.methods?.join("|") ?? "any method";
  const ports = route.ports ? `:${route.ports.join(",")}` : "";
  const paths = route.paths?.join(" ") ?? "any path";
  const auth = route.auth ? `, with ${route.auth.tokenRef} as ${route.auth.name ?? route.auth.scheme}` : "";
  return `${methods} ${route.host}${ports} ${paths}${auth}`;
}

/** Where each credential's value comes from, by kind: `GH_TOKEN: what gh prints, run on this machine as you`. A command's arguments are not shown. */
export function describeCredentials(declaration: Pick<EgressDeclaration, "routes" | "tokens">): readonly string[] {
  return Object.entries(tokenSources(declaration)).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, source]) => `${name}: ${describeSource(source)}`);
}

function describeSource(source: TokenSource): string {
  if ("env" in source) return `your variable ${source.env}`;
  return "file" in source ? `the file ${source.file}` : `what ${source.command[0] ?? ""} prints, run on this machine as you`;
}
