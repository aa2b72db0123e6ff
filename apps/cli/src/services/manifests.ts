import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { agentKinds } from "@bottle/agents";
import { formatProblems, mergeManifests, parseAgent, parseBottle, resolve, type AgentManifest, type BottleManifest, type Manifests, type Problem, type Resolved } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { trustedProject } from "./trust.ts";

/** Everything that was read, for problems to show their lines. */
type Texts = Record<string, string>;

/**
 * The agent of a name with its bottle, from BOTTLE_HOME and the trusted project folder.
 * @throws CliError `no-manifests`, `manifest-invalid`, `manifest-unreadable`, `project-untrusted`
 */
export async function resolveAgent(context: Context, name: string): Promise<Resolved> {
  const texts: Texts = {};
  const manifests = await readAll(context, texts);
  if (manifests.agents.size === 0 && manifests.bottles.size === 0) {
    throw new CliError("no-manifests", `There is no agent "${name.slice(0, 80)}" yet: ${context.home} holds no manifest.`, {
      status: exitStatus.manifest, mend: "`bottle init` writes an agent and its bottle; `bottle start demo` needs none.",
    });
  }
  const resolved = resolve(manifests.agents, manifests.bottles, name);
  if (!resolved.ok) throw invalid(resolved.problems, texts);
  return resolved.value;
}

/** All manifests there are, home and project. @throws CliError */
export function readManifests(context: Context): Promise<Manifests> {
  return readAll(context, {});
}

async function readAll(context: Context, texts: Texts): Promise<Manifests> {
  const project = await trustedProject(context);
  const [home, own] = await Promise.all([
    readFolder(context.home, texts),
    project === undefined ? empty : readFolder(project, texts),
  ]);
  const merged = mergeManifests(home, own);
  if (!merged.ok) throw invalid(merged.problems, texts);
  return merged.value;
}

const empty: Manifests = { agents: new Map(), bottles: new Map() };

async function readFolder(folder: string, texts: Texts): Promise<Manifests> {
  const kinds = [...agentKinds].map((kind) => (typeof kind === "string" ? kind : kind.name));
  const problems: Problem[] = [];
  const agents = new Map<string, AgentManifest>();
  const bottles = new Map<string, BottleManifest>();
  for (const { file, text } of await readMarkdown(join(folder, "agents"), texts)) {
    const parsed = parseAgent({ file, text, knownKinds: [...new Set([...kinds, "command"])] });
    if (parsed.ok) agents.set(parsed.value.name, parsed.value);
    else problems.push(...parsed.problems);
  }
  for (const { file, text } of await readMarkdown(join(folder, "bottles"), texts)) {
    const parsed = parseBottle({ file, text });
    if (parsed.ok) bottles.set(parsed.value.name, parsed.value);
    else problems.push(...parsed.problems);
  }
  if (problems.length > 0) throw invalid(problems, texts);
  return { agents, bottles };
}

async function readMarkdown(folder: string, texts: Texts): Promise<readonly { readonly file: string; readonly text: Uint8Array }[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw unreadable(folder, error);
  });
  return Promise.all(names.filter((name) => name.endsWith(".md")).sort().map(async (name) => {
    const file = join(folder, name);
    const text = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      throw unreadable(file, error);
    });
    texts[file] = text.toString();
    return { file, text };
  }));
}

function unreadable(path: string, cause: NodeJS.ErrnoException): CliError {
  return new CliError("manifest-unreadable", `${path} cannot be read: ${cause.code ?? cause.message}.`, { status: exitStatus.manifest, mend: "Look at its permissions.", cause });
}

/** Problems of manifests as one error. */
export function invalid(problems: readonly Problem[], texts: Readonly<Record<string, string>> = {}): CliError {
  const shown = formatProblems(problems, texts, { colour: false });
  return new CliError("manifest-invalid", `the manifests cannot be used.\n\n${shown.trimEnd()}`, { status: exitStatus.manifest });
}
