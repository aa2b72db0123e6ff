import { agentKinds } from "@bottle/agents";
import { formatProblems, mergeManifests, parseAgent, parseBottle, resolve, type Manifests, type Parsed, type Problem, type Resolved } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { visible } from "../output/visible.ts";
import { manifestNames, readManifestFile, type ManifestFile, type ManifestFiles } from "./manifest-files.ts";
import { readProject, type Project } from "./trust.ts";

/**
 * The agent of a name with its bottle, from BOTTLE_HOME and the project where the operator stands, if its manifests are
 * trusted. Only the files that are needed are read; for an unknown name all, to say what there is.
 * @throws CliError `no-manifests`, `manifest-invalid`, `manifest-unreadable`, `project-untrusted`
 */
export async function resolveAgent(context: Context, name: string): Promise<Resolved> {
  const project = await readProject(context);
  const trusted = project?.trust === "trusted" ? project.files : [];
  const agent = await parseNamed(context, trusted, { kind: "agents", names: [name] });
  if (agent.agents.size === 0) throw await unknownAgent(context, name, project);
  if (project && project.trust !== "trusted") context.err(`bottle: ${visible(untrusted(project))} Its agents are left out.`);
  const bottles = await parseNamed(context, trusted, { kind: "bottles", names: [...agent.agents.values()].map(({ bottle }) => bottle) });
  const known = bottles.bottles.size > 0 ? bottles.bottles : (await parseAll(context, trusted)).bottles;
  const resolved = resolve(agent.agents, known, name);
  if (!resolved.ok) throw invalid(resolved.problems, await textsOf(context, resolved.problems));
  return resolved.value;
}

async function unknownAgent(context: Context, name: string, project: Project | undefined): Promise<CliError> {
  if (project && project.trust !== "trusted" && project.files.some((file) => file.kind === "agents" && file.name === `${name}.md`)) {
    return new CliError("project-untrusted", untrusted(project), { status: exitStatus.manifest, mend: "Read them, then run `bottle trust`." });
  }
  const { agents, bottles } = await parseAll(context, project?.trust === "trusted" ? project.files : []);
  if (agents.size === 0 && bottles.size === 0) {
    return new CliError("no-manifests", `There is no agent "${name}" yet: ${context.home} holds no manifest.`, {
      status: exitStatus.manifest, mend: "`bottle init` writes an agent and its bottle; `bottle start demo` needs none.",
    });
  }
  const resolved = resolve(agents, bottles, name);
  return invalid(resolved.ok ? [] : resolved.problems);
}

function untrusted({ folder, trust }: Project): string {
  return trust === "changed" ? `${folder} has changed since it was trusted.` : `${folder} has manifests that nobody has trusted yet.`;
}

// A name both places have is a clash to be told, so both files are read.
async function parseNamed(context: Context, project: ManifestFiles, wanted: { readonly kind: ManifestFile["kind"]; readonly names: readonly string[] }): Promise<Manifests> {
  const own = await Promise.all([...new Set(wanted.names)].map((name) => readManifestFile(context.home, wanted.kind, `${name}.md`)));
  const others = project.filter(({ kind, name }) => kind === wanted.kind && wanted.names.includes(name.slice(0, -3)));
  return merge(parseFiles(own.filter((file) => file !== undefined)), parseFiles(others));
}

// For names alone: a file that cannot be used is left out.
async function parseAll(context: Context, project: ManifestFiles): Promise<Manifests> {
  const kinds = ["agents", "bottles"] as const;
  const own = await Promise.all(kinds.map(async (kind) => Promise.all((await manifestNames(context.home, kind)).map((name) => readManifestFile(context.home, kind, name).catch(() => undefined)))));
  const files = [...own.flat().filter((file) => file !== undefined), ...project];
  return collect(files.map(parseFile).filter((file) => file.parsed.ok));
}

interface ParsedFile {
  readonly file: ManifestFile;
  readonly parsed: Parsed<Manifests>;
}

function parseFiles(files: readonly ManifestFile[]): Manifests {
  const parsed = files.map(parseFile);
  const problems = parsed.flatMap((each) => (each.parsed.ok ? [] : each.parsed.problems));
  if (problems.length > 0) throw invalid(problems, Object.fromEntries(files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()])));
  return collect(parsed);
}

function parseFile(file: ManifestFile): ParsedFile {
  const source = { file: file.path, text: file.bytes };
  if (file.kind === "bottles") {
    const parsed = parseBottle(source);
    return { file, parsed: parsed.ok ? { ok: true, value: { agents: new Map(), bottles: new Map([[parsed.value.name, parsed.value]]) } } : parsed };
  }
  const parsed = parseAgent({ ...source, knownKinds: agentKinds.map(({ name }) => name) });
  return { file, parsed: parsed.ok ? { ok: true, value: { agents: new Map([[parsed.value.name, parsed.value]]), bottles: new Map() } } : parsed };
}

function collect(files: readonly ParsedFile[]): Manifests {
  const values = files.flatMap(({ parsed }) => (parsed.ok ? [parsed.value] : []));
  return { agents: new Map(values.flatMap(({ agents }) => [...agents])), bottles: new Map(values.flatMap(({ bottles }) => [...bottles])) };
}

function merge(home: Manifests, project: Manifests): Manifests {
  const merged = mergeManifests(home, project);
  if (!merged.ok) throw invalid(merged.problems);
  return merged.value;
}

// Some problems are found after the files' texts were let go.
async function textsOf({ home }: Context, problems: readonly Problem[]): Promise<Readonly<Record<string, string>>> {
  const found = await Promise.all([...new Set(problems.map(({ file }) => file))].map(async (path) => {
    const kind = (["agents", "bottles"] as const).find((each) => path.startsWith(`${home}/${each}/`));
    return kind && readManifestFile(home, kind, path.slice(`${home}/${kind}/`.length));
  }));
  return Object.fromEntries(found.flatMap((file) => (file ? [[file.path, Buffer.from(file.bytes).toString()]] : [])));
}

/** Problems of manifests as one error. */
export function invalid(problems: readonly Problem[], texts: Readonly<Record<string, string>> = {}): CliError {
  const shown = formatProblems(problems, texts, { colour: false });
  return new CliError("manifest-invalid", `the manifests cannot be used.\n\n${shown.trimEnd()}`, { status: exitStatus.manifest });
}
