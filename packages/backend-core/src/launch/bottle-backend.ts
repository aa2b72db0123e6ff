import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import type { Duplex } from "node:stream";
import type { AuditHead, Isolation, Metadata, SidecarsConfig } from "@bottle/manifest";
import type { Availability, Backend, LaunchOptions, PreparedBottle } from "../backend.ts";
import type { Bottle } from "../bottle.ts";
import { BottleError } from "../errors.ts";
import { isAtLeast } from "../isolation.ts";
import { labelledProcesses, ownerLabel } from "../label.ts";
import type { BottlePlan } from "../plan.ts";
import { homePath, workspacePath, type ProxyCredential } from "../inside-env.ts";
import type { RunningSidecars, SidecarsLauncher } from "../sidecars.ts";
import type { BottleSpec } from "../spec.ts";
import { explainNoSpace } from "../state/no-space.ts";
import type { StatePaths } from "../state/paths.ts";
import { markProcess } from "../state/process.ts";
import { makeStateFolders, type StateStore } from "../state/store.ts";
import { openWitness } from "../state/witness.ts";
import { refuseOwnState } from "../workspace/refuse-own-state.ts";
import { makePlan } from "./make-plan.ts";
import { LaunchedBottle } from "./launched-bottle.ts";
import { openControl } from "./open-control.ts";
import { provisionGit, provisionHome } from "./provision.ts";
import { readTokens } from "./read-tokens.ts";
import { settleAll } from "./settle-all.ts";
import { directProbes, judgeSelfCheck, sidecarProbes } from "./self-check.ts";
import { createShowing, type Showing, type ShownFiles } from "./showing.ts";
import { shownFiles } from "./shown-files.ts";
import { sidecarsConfig, type AskableImage, type SidecarsPaths } from "./sidecars-config.ts";
import { startOnRecord } from "./start-on-record.ts";
import { startTogether } from "./start-together.ts";

/** What every backend is given by the app. */
export interface BackendContext {
  readonly state: StateStore;
  readonly sidecars: SidecarsLauncher;
}

/** What a backend's own part of a launch is given. */
export interface OpenRequest {
  readonly spec: BottleSpec;
  readonly plan: BottlePlan;
  readonly paths: StatePaths;
  /** What the bottle presents to its egress. */
  readonly credential: ProxyCredential;
  /** Value of BOTTLE_OWNED on everything that is started. */
  readonly label: string;
  readonly onWarning: (message: string) => void;
  readonly signal: AbortSignal;
}

/** What a backend that starts the sidecars itself is given. */
export interface SidecarsRequest extends Pick<OpenRequest, "spec" | "plan" | "paths" | "label" | "signal"> {
  /** Told of files that the agent is to see, as the sidecars write them on their standard output; of a bottle whose agent may ask. */
  readonly onShow?: (files: ShownFiles) => void;
  /** Told of checkpoints of the audit log, as the sidecars write them there too. */
  readonly onSealed: (head: AuditHead) => void;
}

/** A bottle as its backend hands it to the template. */
export interface OpenBottle extends Bottle {
  /** What to note for `connect` and `sweep`: pids with start times, cgroups. */
  readonly resources: Metadata["resources"];
  /** What `directProbes` printed inside, where the backend has run it while the sidecars were starting. */
  readonly probed?: string;
  /** Makes files of /etc/bottle, and folders of theirs: seen inside, not writable there, and each whole for whoever reads it. */
  show(files: ShownFiles): Promise<void>;
}

/**
 * The life of a bottle, the same on every backend: validate, plan, start, provision, self-check.
 * A backend supplies only the abstract members, so it can forget none of the rest.
 */
export abstract class BottleBackend implements Backend {
  abstract readonly name: Backend["name"];
  abstract readonly isolation: Isolation;
  protected readonly context: BackendContext;

  constructor(context: BackendContext) {
    this.context = context;
  }

  abstract availability(): Promise<Availability>;
  abstract trial(): Promise<Availability>;
  abstract connect(identity: string): Promise<Bottle>;
  abstract sweep(identity: string): Promise<readonly string[]>;

  async refresh(_identity: string, _part: "everything" | "record"): Promise<void> {
    // The files are the state directory's own.
  }

  async control(identity: string, signal?: AbortSignal): Promise<Duplex> {
    const { state } = this.context;
    await state.read(identity);
    return openControl(state.directory(identity).control, { identity, signal });
  }

  identities(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async leftovers(identity: string): Promise<number> {
    return (await labelledProcesses(ownerLabel(this.context.state.home, identity))).length;
  }

  /** The backend's part of the plan. Reads only. */
  protected abstract resolve(spec: BottleSpec): Promise<Readonly<Record<string, unknown>>>;
  /** What an agent is told that may ask for another image. */
  protected abstract askableImage(paths: StatePaths): Promise<AskableImage>;
  /** Where the sidecars listen, so that this backend's bottle can reach them; the gate and supervise for a bottle that has them. */
  protected abstract listen(paths: StatePaths): Required<SidecarsConfig["listen"]>;
  /** Where the sidecars keep their files, as they see them. */
  protected sidecarsPaths(paths: StatePaths): SidecarsPaths {
    return paths;
  }

  /** Starts the sidecars; as a process of this host unless a backend has a better place for them. */
  protected startSidecars(config: SidecarsConfig, { spec: { egress }, signal, onShow, onSealed }: SidecarsRequest): Promise<RunningSidecars> {
    return this.context.sidecars.start(config, { signal, onSealed, ...(egress.renewable && { tokens: egress.renewable }), ...(onShow && { onShow }) });
  }

  /** Whether a failed launch may have left things that are no processes; its state is then kept, so that a cleanup knows of them. */
  protected mayHaveLeft(_identity: string): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** Starts the bottle itself, empty, with its way to the sidecars. */
  protected abstract open(request: OpenRequest): Promise<OpenBottle>;

  async prepare(spec: BottleSpec): Promise<PreparedBottle> {
    const availability = await this.availability();
    if (!availability.available) {
      throw new BottleError("backend-unavailable", `${this.name} cannot run here: ${availability.reason}`, { mend: availability.mend });
    }
    requireIsolation(this, spec);
    const { caveats } = availability;
    const plan = makePlan(spec, { backend: this.name, isolation: this.isolation, caveats, detail: await this.resolve(spec) });
    return { plan, launch: (options) => this.#explaining(this.#launch(spec, plan, options ?? {})) };
  }

  /** Passes work on; a full disk is told as one, also where the undoing failed too. */
  async #explaining<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw await explainNoSpace(error, this.context.state.home);
    }
  }

  async #launch(spec: BottleSpec, plan: BottlePlan, options: LaunchOptions): Promise<Bottle> {
    options.signal?.throwIfAborted();
    await using stack = new AsyncDisposableStack();
    // Before anything is undone, so that what is free is told as the failure found it.
    return await this.#explaining(this.#start({ spec, plan, options, stack }));
  }

  async #start({ spec, plan, options, stack }: { readonly spec: BottleSpec; readonly plan: BottlePlan; readonly options: LaunchOptions; readonly stack: AsyncDisposableStack }): Promise<Bottle> {
    const step = options.onStep ?? (() => undefined);
    if (spec.egress.renewable !== undefined) step("credentials");
    const tokens = await readTokens(spec);
    options.signal?.throwIfAborted();
    step("state");
    const paths = await this.#enterState(spec, stack);
    // A resumed copy needs its source no more; it may be gone.
    if (!spec.resume || spec.workspace.mode === "bind") await refuseOwnState(spec.workspace, this.context.state.home);
    const credential = { username: "bottle", password: randomBytes(18).toString("base64url") };
    const label = ownerLabel(this.context.state.home, spec.identity);
    const onWarning = options.onWarning ?? (() => undefined);
    const asking = spec.supervise ? { image: await this.askableImage(paths), showing: createShowing(onWarning) } : undefined;
    const config = sidecarsConfig(spec, this.sidecarsPaths(paths), { credential, listen: this.listen(paths), tokens, image: asking?.image });
    const witness = stack.use(await openWitness(paths.witness, onWarning));
    step("sidecars and bottle");
    const [sidecars, bottle] = await startTogether({
      stack,
      starters: [
        (signal) => startOnRecord(
          () => this.startSidecars(config, { spec, plan, paths, label, signal, onSealed: witness.note, ...(asking && { onShow: asking.showing.take }) }),
          { witness, spec, backend: this.name, onWarning },
        ),
        (signal) => this.open({ spec, plan, paths, credential, label, onWarning, signal }),
      ],
      signal: options.signal,
    });
    await settleAll([this.#provision(bottle, { spec, sidecars, options, asking }), this.#selfCheck(bottle, { spec, credential, options })]);
    options.signal?.throwIfAborted();
    await this.context.state.update(spec.identity, (metadata) => ({
      ...metadata, status: "running", agentStarted: true, resources: { ...bottle.resources, ...(sidecars.pid !== undefined && { sidecarsPid: sidecars.pid }) },
    }));
    sidecars.record({ type: "lifecycle", event: "ready" });
    return new LaunchedBottle({ bottle, sidecars, witness, onWarning, showing: asking?.showing, resources: stack.move() });
  }

  async #enterState(spec: BottleSpec, stack: AsyncDisposableStack): Promise<StatePaths> {
    const { state } = this.context;
    const keeper = await markProcess(process.pid);
    const launch = { status: "starting" as const, ...(keeper && { keeper }) };
    if (spec.resume) {
      await state.update(spec.identity, (metadata) => ({ ...metadata, ...launch, resumedAt: new Date().toISOString() }));
      stack.defer(() => this.#explaining(this.#leaveState(spec.identity)));
      const paths = state.directory(spec.identity);
      await makeStateFolders(paths);
      return paths;
    }
    const paths = await state.create({ ...firstMetadata(spec, this.name), ...launch });
    stack.defer(() => this.#explaining(this.#leaveState(spec.identity)));
    return paths;
  }

  /** A bottle whose agent never ran holds nothing of value; all others stay, to be resumed. */
  async #leaveState(identity: string): Promise<void> {
    const { state } = this.context;
    const { agentStarted } = await state.read(identity);
    if (!agentStarted && !await this.mayHaveLeft(identity)) return state.remove(identity);
    const stop = (): Promise<Metadata> => state.update(identity, ({ keeper: _, ...metadata }) => ({
      ...metadata, status: "stopped", resources: {}, endedAt: new Date().toISOString(),
    }));
    await stop().catch(async () => {
      // An agent can fill the disk. What every launch makes anew gives way, so that the end can be noted.
      await rm(state.directory(identity).shown, { recursive: true, force: true });
      await stop();
    });
  }

  async #provision(bottle: OpenBottle, { spec, sidecars, options, asking }: { readonly spec: BottleSpec; readonly sidecars: RunningSidecars; readonly options: LaunchOptions; readonly asking: Asking | undefined }): Promise<void> {
    options.onStep?.("ca");
    await bottle.show({ ...await shownFiles(sidecars.caCertificate), ...dockerfileOf(asking) });
    options.onStep?.("prompt");
    await provisionHome(bottle, spec.home, options.signal);
    if (spec.home.folders.length > 0) options.onStep?.("skills");
    for (const { source, path } of spec.home.folders) await bottle.copyIn(source, `${homePath}/${path}`);
    if (spec.git) {
      options.onStep?.("git");
      await provisionGit(bottle, spec.git, options.signal);
    }
    if (!asking) return;
    options.onStep?.("supervise");
    await asking.showing.begin((files) => bottle.show(files), options.signal);
  }

  /** Needs nothing that is provisioned, so it runs beside it. */
  async #selfCheck(bottle: OpenBottle, { spec, credential, options }: { readonly spec: BottleSpec; readonly credential: ProxyCredential; readonly options: LaunchOptions }): Promise<void> {
    options.onStep?.("self-check");
    const { stdout } = await bottle.exec(`${bottle.probed === undefined ? directProbes : ""}${sidecarProbes(credential)}`, options.signal ? { signal: options.signal } : {});
    judgeSelfCheck(`${bottle.probed ?? ""}${Buffer.from(stdout).toString()}`, { hasGate: spec.git !== undefined, hasSupervise: spec.supervise === true });
  }
}

/** Of a bottle whose agent may ask. */
interface Asking {
  readonly image: AskableImage;
  readonly showing: Showing;
}

// It holds for as long as the bottle runs; another one comes with a resume.
function dockerfileOf(asking: Asking | undefined): ShownFiles {
  return asking && "dockerfile" in asking.image ? { "current-config/Dockerfile": asking.image.dockerfile } : {};
}

function requireIsolation(backend: BottleBackend, spec: BottleSpec): void {
  if (isAtLeast(backend.isolation, spec.minIsolation)) return;
  throw new BottleError("isolation-too-weak",
    `Bottle "${spec.bottleName}" asks for min_isolation: ${spec.minIsolation}; ${backend.name} gives ${backend.isolation}.`,
    { mend: `Use a backend that gives ${spec.minIsolation}, or lower min_isolation in bottles/${spec.bottleName}.md.` });
}

function firstMetadata(spec: BottleSpec, backend: Backend["name"]): Omit<Metadata, "status"> {
  const { mode, source } = spec.workspace;
  return {
    version: 1,
    identity: spec.identity,
    agent: spec.agentName,
    bottle: spec.bottleName,
    kind: spec.kind,
    backend,
    createdAt: new Date().toISOString(),
    agentStarted: false,
    workspace: { mode, ...(source !== undefined && { source }), target: workspacePath },
    resources: {},
  };
}
