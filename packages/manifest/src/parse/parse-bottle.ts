import type * as v from "valibot";
import type { BottleManifest, EgressDeclaration, GitDeclaration, Limits, Problem, Route, RouteAuth, RouteLimits, TokenSource, UpstreamProxy } from "../model.ts";
import { memoryBytes } from "../rules/memory.ts";
import { bottleYaml } from "../schema/yaml-schemas.ts";
import { checkBottle } from "./bottle-checks.ts";
import { envOf } from "./env-of.ts";
import { judgeShape } from "./judge-shape.ts";
import { sourceOf } from "./places.ts";
import { readManifest, type ManifestFile } from "./read-manifest.ts";
import { recipeFor } from "./recipes.ts";

/** A manifest, or everything that is wrong with its file, in the order of the file. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

const noun = {
  noun: "a bottle",
  example: "For example:\n---\negress:\n  routes:\n    - host: api.example.com\n---",
} as const;

/**
 * Parses `bottles/<name>.md` (DESIGN §5). Never throws for any input; time and memory are bounded by the size of the file,
 * which may be at most 1 MiB with 64 Ki characters of frontmatter.
 */
export function parseBottle(file: ManifestFile): Parsed<BottleManifest> {
  const read = readManifest(file, noun);
  if (!("report" in read)) return { ok: false, problems: read };
  const { root, report } = read;
  const yaml = judgeShape({ root, schema: bottleYaml, report, recipe: recipeFor, checks: checkBottle });
  if (yaml === undefined) return { ok: false, problems: report.problems() };
  return { ok: true, value: { ...bottleOf(yaml), name: read.name, body: read.body, source: sourceOf(file.file, root, read.index) } };
}

type BottleYaml = v.InferOutput<typeof bottleYaml>;

function bottleOf(yaml: BottleYaml): Omit<BottleManifest, "name" | "body"> {
  return {
    backend: yaml.backend ?? "auto",
    minIsolation: yaml.min_isolation ?? "namespaces",
    workspace: yaml.workspace ?? "copy",
    env: envOf(yaml.env ?? {}),
    git: (yaml.git ?? []).map(gitOf),
    ...(yaml.git_identity !== undefined && { gitIdentity: yaml.git_identity }),
    egress: egressOf(yaml.egress ?? {}),
    supervise: yaml.supervise ?? false,
    ...(yaml.runtime !== undefined && { runtime: yaml.runtime }),
    limits: limitsOf(yaml.limits ?? {}),
  };
}

function egressOf(yaml: NonNullable<BottleYaml["egress"]>): EgressDeclaration {
  return {
    routes: (yaml.routes ?? []).map(routeOf),
    ...(yaml.tokens !== undefined && { tokens: Object.fromEntries(Object.entries(yaml.tokens).map(([name, token]) => [name, tokenOf(token)])) }),
    hosts: yaml.hosts ?? {},
    caFiles: yaml.ca_files ?? [],
    allowPrivate: yaml.allow_private ?? [],
    dlp: dlpOf(yaml.dlp ?? {}),
    ...(yaml.upstream_proxy !== undefined && { upstreamProxy: upstreamProxyOf(yaml.upstream_proxy) }),
    ...(yaml.dangerously_allow_all !== undefined && { dangerouslyAllowAll: yaml.dangerously_allow_all }),
  };
}

type EgressYaml = NonNullable<BottleYaml["egress"]>;

// That exactly one of them is there was judged before.
function tokenOf({ env, file = "", command, ttl_seconds: ttlSeconds, timeout_seconds: timeoutSeconds }: NonNullable<EgressYaml["tokens"]>[string]): TokenSource {
  if (env !== undefined) return { env };
  return command === undefined ? { file } : { command, ...(ttlSeconds !== undefined && { ttlSeconds }), ...(timeoutSeconds !== undefined && { timeoutSeconds }) };
}

function dlpOf({ engine = "builtin", known_files: knownFiles, packs }: NonNullable<EgressYaml["dlp"]>): EgressDeclaration["dlp"] {
  return { engine, ...(knownFiles && { knownFiles }), ...(packs && { packs }) };
}

function upstreamProxyOf({ proxy, credential_ref: credentialRef, no_proxy: noProxy, ca_files: caFiles }: NonNullable<EgressYaml["upstream_proxy"]>): UpstreamProxy {
  return { proxy, ...(credentialRef !== undefined && { credentialRef }), ...(noProxy && { noProxy }), ...(caFiles && { caFiles }) };
}

function routeOf({ auth, limits, ...route }: NonNullable<EgressYaml["routes"]>[number]): Route {
  return { ...route, ...(auth && { auth: authOf(auth) }), ...(limits && { limits: routeLimitsOf(limits) }) };
}

type RouteYaml = NonNullable<EgressYaml["routes"]>[number];

function authOf({ token_ref: tokenRef, ...auth }: NonNullable<RouteYaml["auth"]>): RouteAuth {
  return { ...auth, tokenRef };
}

function routeLimitsOf({ requests_per_minute: requests, bytes_out_per_minute: bytes, concurrent }: NonNullable<RouteYaml["limits"]>): RouteLimits {
  return {
    ...(requests !== undefined && { requestsPerMinute: requests }), ...(bytes !== undefined && { bytesOutPerMinute: bytes }), ...(concurrent !== undefined && { concurrent }),
  };
}

function gitOf({ identity_file: identityFile, known_host_key: knownHostKey, ...git }: NonNullable<BottleYaml["git"]>[number]): GitDeclaration {
  return { ...git, ...(identityFile !== undefined && { identityFile }), ...(knownHostKey !== undefined && { knownHostKey }) };
}

function limitsOf({ memory, ...limits }: NonNullable<BottleYaml["limits"]>): Limits {
  const bytes = memory === undefined ? undefined : memoryBytes(memory);
  return { ...limits, ...(bytes !== undefined && { memoryBytes: bytes }) };
}
