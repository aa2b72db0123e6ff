import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AgentKind, InstallPlan } from "@bottle/agents";
import { createIdentity, isAtLeast, type Backend, type Bottle, type BottleSpec, type StateStore } from "@bottle/backend-core";
import type { Isolation, Resolved } from "@bottle/manifest";
import { unscannedByPipelock } from "@bottle/sidecars";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { makeFolder } from "../host/make-folder.ts";
import { missingPackages } from "../host/packages.ts";
import { jsonText } from "../output/json.ts";
import { askSecret, confirm } from "../output/ask.ts";
import { askedBackend } from "./asked-backend.ts";
import { backendNamed, chooseBackend, openState } from "./backends.ts";
import { builtinNames, openBuiltin } from "./builtins.ts";
import { keeperPaths, removeKeeperFiles } from "./keeper-paths.ts";
import { makeSpec } from "./make-spec.ts";
import { resolveAgent } from "./manifests.ts";
import { preflight } from "./preflight.ts";
import { prestartedFor, type Prestarted } from "./prestart.ts";
import { summary } from "./summary.ts";
import { launchAndRun, type Job } from "./launch-and-run.ts";

/** What the operator asked for. */
export interface StartRequest {
  readonly agent: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly backend?: string;
  readonly workspace?: string;
  readonly detach?: boolean;
  /** Present in a detached bottle's keeper: its parent has shown and settled everything. */
  readonly keeper?: string;
  /** For the agent, as they are. */
  readonly args: readonly string[];
  /** What of this start was started ahead. The start ends it if nothing comes of it. */
  readonly prestarted?: Prestarted | undefined;
}

/** Starts an agent in a new bottle and stays with it to the end. @returns the agent's exit status */
export async function start(context: Context, request: StartRequest): Promise<number> {
  await using stack = new AsyncDisposableStack();
  if (request.prestarted) stack.use(request.prestarted);
  if (request.json && !request.dryRun) {
    throw new CliError("usage", "--json shows a plan as JSON and goes with --dry-run; a start itself writes the agent's own output.", {
      status: exitStatus.usage, mend: `\`bottle start ${checkedName(request.agent)} --dry-run --json\`; \`bottle logs IDENTITY --json\` shows what happened.`,
    });
  }
  const state = openState(context);
  const identity = request.keeper ?? request.prestarted?.identity ?? createIdentity(checkedName(request.agent));
  const made = builtinNames.includes(request.agent) ? undefined : await agentJob(context, request, identity);
  if (made?.credentials) stack.use(made.credentials);
  const manifest = made?.backendChoice ?? "auto";
  const minIsolation = made?.spec.minIsolation;
  const asked = narrowed(askedBackend(context, request.backend, manifest), minIsolation);
  await prepareHost(context, request, asked);
  const ahead = await prestartedFor(context, request.prestarted, asked);
  if (ahead) stack.use(ahead);
  const backend = await chooseBackend(context, { state, flag: request.backend, manifest, minIsolation, prestarted: ahead });
  // Where `auto` came to containers, the sidecars' process on this host waits in vain.
  if (backend.name === "docker") await ahead?.sidecars?.[Symbol.asyncDispose]();
  const job = made ?? await builtinJob(context, { state, identity, stack, backend });
  // Awaited here: what the stack holds must outlast it.
  return await carryOut(context, request, { state, backend, job });
}

/** Goes on with a bottle that ended: same manifests, home and workspace. */
export async function resume(context: Context, request: StartRequest & { readonly identity: string }, resolved: Resolved): Promise<number> {
  const state = openState(context);
  const metadata = await state.read(request.identity);
  const made = await makeSpec(context, { ...resolved, identity: request.identity, workspace: metadata.workspace.source ?? "none", resume: true, ask: secretSource(context, request) });
  await using _credentials = made.credentials;
  await prepareHost(context, request, metadata.backend);
  const spec: BottleSpec = { ...made.spec, workspace: { mode: metadata.workspace.mode, ...(metadata.workspace.source !== undefined && { source: metadata.workspace.source }) } };
  const backend = await backendNamed(context, state, metadata.backend);
  await backend.sweep(request.identity);
  const job = { spec, backendChoice: resolved.bottle.backend, program: made.program, secrets: made.asked, unscanned: await unscannedByPipelock(resolved.bottle.egress), run: agentRun(context, { ...made, resolved, resume: true, args: request.args }) };
  return await carryOut(context, request, { state, backend, job });
}

function checkedName(name: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,40}$/.test(name)) return name;
  throw new CliError("name-invalid", `"${name.slice(0, 80)}" cannot be an agent's name.`, { status: exitStatus.usage, mend: "Names are 1 to 41 of a-z, 0-9 and -." });
}

// Of what is strong enough, this version has one: nothing is then installed or started for the other.
function narrowed(asked: string, minIsolation: Isolation | undefined): string {
  return asked === "auto" && minIsolation !== undefined && !isAtLeast("namespaces", minIsolation) ? "docker" : asked;
}

async function prepareHost(context: Context, request: StartRequest, backend: string): Promise<void> {
  // tmux is for --detach alone.
  const missing = (await missingPackages()).filter(({ name }) => request.detach === true || name !== "tmux");
  if (missing.length === 0 || request.dryRun) return;
  const canDoWithout = missing.some(({ only }) => only !== undefined) && (backend === "auto" ? await isDockerReady(context) : backend !== "bubblewrap");
  const needed = missing.filter(({ only }) => only === undefined || !canDoWithout);
  if (needed.length === 0) return;
  const { installPackages } = await import("../host/install.ts");
  const names = needed.map(({ name }) => name).join(", ");
  if (context.isRoot && !request.yes && !await confirm(context, `Install ${names} with apt-get?`)) throw declined();
  await installPackages(needed, { isRoot: context.isRoot, say: context.err });
}

// Nothing is installed for one backend where `auto` has another one, images and all.
async function isDockerReady(context: Context): Promise<boolean> {
  const docker = await backendNamed(context, openState(context), "docker");
  return (await docker.trial()).available;
}

async function builtinJob(context: Context, { state, identity, stack, backend }: { readonly state: StateStore; readonly identity: string; readonly stack: AsyncDisposableStack; readonly backend: Backend }): Promise<Job> {
  const paths = state.directory(identity);
  const builtin = stack.use(await openBuiltin(context, { identity, paths, backend }));
  stack.defer(() => state.remove(identity));
  return { spec: builtin.spec, backendChoice: "auto", run: (bottle) => builtin.run(bottle) };
}

async function agentJob(context: Context, request: StartRequest, identity: string): Promise<Job> {
  const resolved = await resolveAgent(context, request.agent).catch((error: unknown) => offerInit(context, request, error));
  const made = await makeSpec(context, { ...resolved, identity, workspace: request.workspace, resume: false, ask: secretSource(context, request) });
  return {
    spec: made.spec, backendChoice: resolved.bottle.backend, program: made.program, snapshot: resolved, secrets: made.asked, credentials: made.credentials, unscanned: await unscannedByPipelock(resolved.bottle.egress),
    run: agentRun(context, { ...made, resolved, resume: false, args: request.args }),
  };
}

// The very first start: nothing is there to start yet.
async function offerInit(context: Context, { agent, dryRun, yes }: StartRequest, error: unknown): Promise<Resolved> {
  if (!(error instanceof CliError) || error.code !== "no-manifests" || dryRun || yes || !context.isInteractive) throw error;
  context.err(error.message);
  if (!await confirm(context, `Write a claude agent "${agent}" and its bottle now?`)) throw error;
  const { init } = await import("./init.ts");
  await init(context, { name: agent, kind: "claude", project: false });
  return resolveAgent(context, agent);
}

interface AgentRun {
  readonly kind: AgentKind;
  readonly program: InstallPlan | undefined;
  readonly resolved: Resolved;
  readonly resume: boolean;
  readonly args: readonly string[];
}

function agentRun(context: Context, { kind, program, resolved, resume: isResume, args }: AgentRun): (bottle: Bottle) => Promise<number> {
  const start = program?.insideProgram ?? resolved.agent.command ?? kind.system;
  const argv = [...start, ...kind.argv({ resume: isResume, autonomy: "full", interactive: context.terminal.isTerminal, extra: args })];
  return (bottle) => bottle.attach(argv, { terminal: context.terminal, signal: context.signal });
}

interface Work {
  readonly state: StateStore;
  readonly backend: Backend;
  readonly job: Job;
}

async function carryOut(context: Context, request: StartRequest, { state, backend, job }: Work): Promise<number> {
  const prepared = await backend.prepare(job.spec);
  const more = { installs: await toInstall(job.program), unscanned: job.unscanned ?? [] };
  if (request.dryRun) {
    context.out(request.json ? jsonText({ ...prepared.plan, unscanned: more.unscanned }) : preflight(context, prepared.plan, more));
    return exitStatus.ok;
  }
  if (request.keeper === undefined) {
    context.err(preflight(context, prepared.plan, more));
    if (!request.yes && !await confirm(context, "Start?")) throw declined();
  }
  await makeFolder(join(context.home, "state"));
  if (request.detach) {
    const { detach } = await import("./detach.ts");
    return detach(context, request, { state, identity: job.spec.identity, secrets: job.secrets ?? {}, isResume: job.spec.resume });
  }
  const status = await launchAndRun(context, { state, job, prepared, isKept: request.keeper !== undefined });
  // After a failure they stay: the keeper's parent reads there what went wrong.
  if (request.keeper !== undefined) await removeKeeperFiles(context.home, request.keeper);
  else if (job.snapshot || job.spec.resume) context.err(await summary(context, state, job.spec.identity));
  return status;
}

/** Asks the operator; a keeper asks its parent, who has. */
function secretSource(context: Context, { keeper }: StartRequest): (name: string) => Promise<string> {
  if (keeper === undefined) return (name) => askSecret(context, name);
  let given: Promise<Readonly<Record<string, string>>> | undefined;
  return async (name) => {
    given ??= import("./hand-over.ts").then(({ takeSecrets }) => takeSecrets(keeperPaths(context.home, keeper).handOver));
    return (await given)[name] ?? "";
  };
}

async function toInstall(program: InstallPlan | undefined): Promise<readonly string[]> {
  if (!program) return [];
  const isThere = (await readdir(dirname(join(program.directory, program.entry))).catch((): string[] => [])).length > 0;
  return isThere ? [] : [`${program.package} from npm, into ${program.directory}`];
}

function declined(): CliError {
  return new CliError("declined", "Not started.", { status: exitStatus.refused });
}
