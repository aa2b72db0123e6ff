import { existsSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { agentKind, askingSkill, installPlan, placeholderEnv, superviseServer, withAsking, type AgentKind, type InstallPlan } from "@bottle/agents";
import { gitConfigText, workspacePath, type BottleSpec, type HomeSpec } from "@bottle/backend-core";
import { resolveEnv, secretNames, type Resolved, type SecretValue } from "@bottle/manifest";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { superviseUrl } from "./asks-lines.ts";
import { openCredentials } from "./credentials.ts";
import { invalid } from "./manifests.ts";
import { placeholdersOf } from "./placeholders.ts";
import { readEgress } from "./read-egress.ts";
import { readGit } from "./read-git.ts";

/** What a start asks for beyond the manifests. */
export interface SpecRequest extends Resolved {
  readonly identity: string;
  /** A folder, or `none`; absent: where the operator stands. */
  readonly workspace: string | undefined;
  readonly resume: boolean;
  /** Gets the value of a `secret: true` variable. */
  readonly ask: (name: string) => Promise<string>;
}

/** A spec and what has to be installed for it. */
export interface MadeSpec {
  readonly spec: BottleSpec;
  readonly kind: AgentKind;
  readonly program: InstallPlan | undefined;
  /** Values that were asked for, by name. */
  readonly asked: Readonly<Record<string, string>>;
  /** To be disposed of once the bottle has ended. */
  readonly credentials: AsyncDisposable;
}

/** Turns resolved manifests into a spec; asks for secrets, reads CA files, looks for skills and credentials. @throws CliError */
export async function makeSpec(context: Context, request: SpecRequest): Promise<MadeSpec> {
  const { agent, bottle } = request;
  const kind = agentKind(agent.kind);
  const program = installPlan(kind, { directory: join(context.home, "programs"), target: { arch: process.arch === "arm64" ? "arm64" : "x64", libc: libc() } });
  const workspace = await readWorkspace(context, request);
  const [git, egress, folders, placeholders, credentials] = await Promise.all([
    readGit({ bottle, home: context.home, workspace: workspace.source }),
    readEgress(context.env, bottle), skillFolders(context, request, kind), placeholdersOf(context.home, request), openCredentials(context, bottle, { workspace: workspace.source }),
  ]);
  const { tokens, renewable } = credentials;
  const env = await readEnv(context, request);
  const home: HomeSpec = request.resume ? { files: [], folders: [] }
    : { files: [...agentFiles(request, kind, folders), ...identityFiles(bottle)], folders };
  const spec: BottleSpec = {
    identity: request.identity, agentName: agent.name, bottleName: bottle.name, kind: agent.kind,
    workspace, home,
    mounts: program ? [{ source: program.directory, target: program.insidePath }] : [],
    env: { ...kind.env, ...placeholderEnv(kind, [...Object.keys(tokens), ...(renewable?.refs ?? [])]), ...placeholders, ...env.literals, ...terminalEnv(context) },
    secretEnv: env.forwarded,
    egress: { declaration: bottle.egress, tokens, ...(renewable && { renewable }), placeholders, ...egress }, ...(git && { git }), ...(bottle.supervise && { supervise: true as const }),
    limits: bottle.limits, minIsolation: bottle.minIsolation, ...(bottle.runtime !== undefined && { runtime: bottle.runtime }), resume: request.resume,
  };
  return { spec, kind, program, asked: env.asked, credentials };
}

/** What the program reads in its home; of an agent that may ask, how to ask as well. A skill of the operator's goes before ours. */
function agentFiles({ agent, bottle }: Resolved, kind: AgentKind, folders: HomeSpec["folders"]): HomeSpec["files"] {
  if (!bottle.supervise) return kind.homeFiles({ prompt: agent.prompt, workspacePath, mcpServers: [] });
  const skill = askingSkill(kind).filter(({ path }) => !folders.some((folder) => path.startsWith(`${folder.path}/`)));
  return [...kind.homeFiles({ prompt: withAsking(agent.prompt), workspacePath, mcpServers: [superviseServer(superviseUrl)] }), ...skill];
}

// With upstreams the launch itself tells the bottle's git, and of the gate as well.
function identityFiles({ git, gitIdentity }: Resolved["bottle"]): HomeSpec["files"] {
  if (git.length > 0 || gitIdentity === undefined) return [];
  return [{ path: ".gitconfig", content: gitConfigText({ upstreams: [], identity: gitIdentity }), mode: 0o644 }];
}

function terminalEnv({ env }: Context): Readonly<Record<string, string>> {
  const names = ["TERM", "COLORTERM"];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

// musl's loader is how its systems can be told; Node itself would say it only in a slow report.
function libc(): "glibc" | "musl" {
  return existsSync(`/lib/ld-musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`) ? "musl" : "glibc";
}

interface Env {
  readonly literals: Readonly<Record<string, string>>;
  readonly forwarded: Readonly<Record<string, SecretValue>>;
  readonly asked: Readonly<Record<string, string>>;
}

// What is missing is said before anything is asked.
async function readEnv(context: Context, { bottle, agent, ask }: SpecRequest): Promise<Env> {
  const names = secretNames(bottle, agent);
  const tried = resolveEnv(bottle, agent, context.env, Object.fromEntries(names.map((name) => [name, ""])));
  if (!tried.ok) throw invalid(tried.problems);
  const asked: Record<string, string> = {};
  for (const name of names) asked[name] = await ask(name);
  const resolved = resolveEnv(bottle, agent, context.env, asked);
  if (!resolved.ok) throw invalid(resolved.problems);
  return { ...resolved, asked };
}

async function skillFolders(context: Context, { agent }: SpecRequest, kind: AgentKind): Promise<HomeSpec["folders"]> {
  const { skillsFolder } = kind;
  if (agent.skills.length === 0) return [];
  if (skillsFolder === undefined) {
    throw new CliError("skills-unsupported", `Agent "${agent.name}" has skills, but ${kind.title} knows none.`, { status: exitStatus.manifest, mend: "Leave `skills` out of the agent's manifest." });
  }
  return Promise.all(agent.skills.map(async (name) => ({ path: `${skillsFolder}/${name}`, source: await findSkill(context, name) })));
}

async function findSkill(context: Context, name: string): Promise<string> {
  const places = [join(context.home, "skills"), join(homedir(), ".claude", "skills")];
  for (const place of places) {
    if ((await lstat(join(place, name)).catch(() => undefined))?.isDirectory()) return join(place, name);
  }
  const known = (await Promise.all(places.map((place) => readdir(place).catch((): string[] => [])))).flat();
  throw new CliError("skill-missing", `There is no skill "${name}" in ${places.join(" or ")}.`, {
    status: exitStatus.manifest, mend: known.length > 0 ? `Known skills: ${known.join(", ")}.` : "Make a folder of that name with a SKILL.md.",
  });
}

async function readWorkspace(context: Context, { bottle, workspace }: SpecRequest): Promise<BottleSpec["workspace"]> {
  if (bottle.workspace === "none" && workspace !== undefined && workspace !== "none") {
    throw new CliError("workspace-missing", `Bottle "${bottle.name}" takes no workspace.`, { status: exitStatus.usage, mend: "Leave --workspace out, or write `workspace: copy` in the bottle's manifest." });
  }
  if (workspace === "none" || bottle.workspace === "none") return { mode: "none" };
  const source = workspace === undefined ? context.cwd : isAbsolute(workspace) ? workspace : resolve(context.cwd, workspace);
  const stat = await lstat(source).catch(() => undefined);
  if (stat?.isDirectory()) return { mode: bottle.workspace, source };
  throw new CliError("workspace-missing", `The workspace ${source} is not a folder.`, { status: exitStatus.usage, mend: "Name a folder with --workspace, or `--workspace none`." });
}
