import type * as v from "valibot";
import type { BottleManifest, EgressDeclaration, GitDeclaration, Limits, Problem, Route } from "../model.ts";
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
    egress: egressOf(yaml.egress ?? {}),
    supervise: yaml.supervise ?? false,
    ...(yaml.runtime !== undefined && { runtime: yaml.runtime }),
    limits: limitsOf(yaml.limits ?? {}),
  };
}

function egressOf(yaml: NonNullable<BottleYaml["egress"]>): EgressDeclaration {
  return {
    routes: (yaml.routes ?? []).map(routeOf),
    hosts: yaml.hosts ?? {},
    caFiles: yaml.ca_files ?? [],
    allowPrivate: yaml.allow_private ?? [],
    dlp: yaml.dlp ?? { engine: "builtin" },
  };
}

function routeOf({ auth, ...route }: NonNullable<NonNullable<BottleYaml["egress"]>["routes"]>[number]): Route {
  if (auth === undefined) return route;
  const { token_ref: tokenRef, ...rest } = auth;
  return { ...route, auth: { ...rest, tokenRef } };
}

function gitOf({ name, upstream, identity_file: identityFile, known_host_key: knownHostKey }: NonNullable<BottleYaml["git"]>[number]): GitDeclaration {
  return { name, upstream, ...(identityFile !== undefined && { identityFile }), ...(knownHostKey !== undefined && { knownHostKey }) };
}

function limitsOf({ memory, ...limits }: NonNullable<BottleYaml["limits"]>): Limits {
  const bytes = memory === undefined ? undefined : memoryBytes(memory);
  return { ...limits, ...(bytes !== undefined && { memoryBytes: bytes }) };
}
