import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startScriptedModel, type RecordedRequest, type ScriptedModel, type Turn } from "@bottle/scripted-model";
import type { AgentKind, ArgvRequest, HomeFile, HomeRequest } from "../model.ts";
import { createAgentHome, type AgentHome } from "./agent-home.ts";
import { installedProgram } from "./installed-program.ts";
import { runAgent, startOnTerminal, type AgentResult, type AgentRun, type TerminalRun } from "./run-agent.ts";

/** A real agent program, and how a test leads it to the scripted model. */
export interface AgentSubject {
  readonly kind: AgentKind;
  /** The credential whose placeholder it holds unless a test says another. */
  readonly credential: string;
  /** Variables that lead it to the model. */
  env?(model: ScriptedModel): Readonly<Record<string, string>>;
  /** Home files changed so that they lead it to the model. */
  home?(files: readonly HomeFile[], model: ScriptedModel): readonly HomeFile[];
  readonly extra?: readonly string[];
  /** How long a start may take; 60 s if absent. */
  readonly patienceMs?: number;
}

/** What differs from a plain run at full autonomy without a terminal. */
export interface RigRequest extends Partial<ArgvRequest> {
  /** Whose placeholder the program holds. */
  readonly credential?: string;
}

/** The program with a home, a workspace and a scripted model of one test. */
export interface AgentRig extends AsyncDisposable {
  readonly model: ScriptedModel;
  readonly place: AgentHome;
  run(request: RigRequest): Promise<AgentResult>;
  onTerminal(request: RigRequest): TerminalRun;
}

/** The skill every rig's home has. */
export const skill = { name: "tide-tables", description: "Reads tide tables of small harbours" };

/** Starts a model with these turns and makes a home for its subject; `home: "none"` leaves the home empty. */
export async function openAgentRig(subject: AgentSubject, options: { readonly turns: readonly Turn[]; readonly home?: Partial<HomeRequest> | "none" }): Promise<AgentRig> {
  const program = await installedProgram(subject.kind.name);
  await using started = new AsyncDisposableStack();
  const model = started.use(await startScriptedModel({ chunkDelayMs: 5, turns: options.turns }));
  const place = started.use(await createAgentHome());
  if (options.home !== "none") await furnish(subject, { model, place, request: options.home ?? {} });
  const runOf = ({ credential = subject.credential, ...request }: RigRequest): AgentRun => ({
    place,
    argv: [...program.argv, ...subject.kind.argv({ resume: false, autonomy: "full", interactive: false, extra: subject.extra ?? [], ...request })],
    env: { ...subject.kind.env, [credential]: placeholderOf(subject.kind, credential), ...subject.env?.(model) },
    timeoutMs: patienceOf(subject),
  });
  const owned = started.move();
  return {
    model, place,
    run: (request) => runAgent(runOf(request)),
    onTerminal: (request) => startOnTerminal(runOf({ ...request, interactive: true })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function furnish({ kind, home }: AgentSubject, { model, place, request }: { readonly model: ScriptedModel; readonly place: AgentHome; readonly request: Partial<HomeRequest> }): Promise<void> {
  const files = kind.homeFiles({ prompt: "", workspacePath: place.workspace, mcpServers: [], ...request });
  await place.write(home?.(files, model) ?? files);
  const folder = join(place.home, kind.skillsFolder ?? "skills", skill.name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "SKILL.md"), `---\nname: ${skill.name}\ndescription: ${skill.description}\n---\nRead them.\n`);
}

/** How long one start of this program may take. */
export function patienceOf({ patienceMs = 60_000 }: AgentSubject): number {
  return patienceMs;
}

/** What a program holds in place of a credential. */
export function placeholderOf(kind: AgentKind, credential: string): string {
  return kind.credentials.find(({ envName }) => envName === credential)?.placeholder ?? "";
}

/** A request as its route's pattern, with the credential found where that route says: `POST /v1/models/* key`. */
export function asRouted({ kind, credential }: AgentSubject, { method, path, headers }: RecordedRequest): string {
  const called = path.split("?")[0] ?? "";
  const routes = kind.hosts.flatMap((host) => host.paths.map((pattern) => ({ ...host, pattern })));
  const route = routes.find(({ methods, pattern }) => methods.includes(method) && matches(pattern, called));
  const auth = route?.auths.find(({ tokenRef }) => tokenRef === credential);
  const sent = auth?.scheme === "bearer" ? headers.authorization?.replace(/^Bearer /, "") : headers[auth?.name ?? ""];
  return `${method} ${route?.pattern ?? `${path} (no route)`} ${sent}`;
}

function matches(pattern: string, path: string): boolean {
  const [wanted, found] = [pattern.split("/"), path.split("/")];
  return wanted.length === found.length && wanted.every((segment, at) => segment === "*" || segment === found[at]);
}
