import {
  BottleBackend, BottleError, endpoints, ownerLabel, settleAll, writeShown,
  type AskableImage, type Availability, type BackendContext, type Bottle, type BottleSpec, type OpenBottle, type OpenRequest, type RunningSidecars, type ShownFiles, type SidecarsPaths,
  type SidecarsRequest, type StatePaths,
} from "@bottle/backend-core";
import type { EgressDeclaration, SidecarsConfig } from "@bottle/manifest";
import { access } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { makeEmptySettings, settingsFolder } from "./compose/empty-settings.ts";
import { connectBottle } from "./connect.ts";
import { createDocker, type Docker } from "./engine/docker.ts";
import { architectureOf } from "./enter.ts";
import { checkEngine, type Engine } from "./host/check-host.ts";
import { findFreeNames } from "./free-names.ts";
import { findImages } from "./images/find.ts";
import { ownDockerfile, plainDockerfile, readGranted } from "./images/own-image.ts";
import { namesOf, type ResourceNames } from "./names.ts";
import { findIdentities, findOwned } from "./owned.ts";
import type { PrestartedDocker } from "./prestart.ts";
import { recent } from "./recent.ts";
import { readResources } from "./resources.ts";
import { openBottle, type World } from "./open.ts";
import { controlSocket, gateFolder, pipelockFolder, pipelockHost, sidecarsFolder } from "./sidecars/folders.ts";
import { withGateFiles } from "./sidecars/gate-files.ts";
import { openControl } from "./sidecars/open-control.ts";
import { attachSidecars, type AttachedSidecars } from "./sidecars/start-sidecars.ts";
import { sweepBottle } from "./sweep.ts";
import { refuseUnfit } from "./workspace.ts";
import { bringAllHome, bringRecordHome } from "./take-down.ts";

/** A launch whose containers the sidecars' starter waits for. */
interface Opening {
  /** The name of the sidecars' container, once it runs. */
  readonly up: PromiseWithResolvers<string>;
  /** Every volume is filled. */
  readonly filled: PromiseWithResolvers<void>;
  readonly sidecars: PromiseWithResolvers<AttachedSidecars>;
}

// One launch asks several times; an engine does not change meanwhile, and images are not built.
const sameLaunchMs = 5000;

/** The Docker backend: one compose project per bottle, agent and sidecars in containers of their own. */
export class DockerBackend extends BottleBackend {
  override readonly name = "docker";
  override readonly isolation = "container";
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #prestarted: PrestartedDocker | undefined;
  readonly #doors = new Map<string, Docker>();
  readonly #openings = new Map<string, Opening>();
  readonly #chosen = new Map<string, () => Promise<ResourceNames>>();
  readonly #look: () => ReturnType<typeof checkEngine>;
  readonly #images: () => ReturnType<typeof findImages>;

  /**
   * @param options.env the operator's environment: it names the engine
   * @param options.prestarted what has begun of the bottle that is launched first
   */
  constructor(context: BackendContext, { env, prestarted }: { readonly env: Readonly<Record<string, string | undefined>>; readonly prestarted?: PrestartedDocker | undefined }) {
    super(context);
    this.#env = env;
    this.#prestarted = prestarted;
    const docker = createDocker(env, ownerLabel(context.state.home, "look-00000"));
    this.#look = recent(async () => await (await prestarted?.networks)?.engine ?? checkEngine(docker), sameLaunchMs);
    this.#images = recent(() => findImages(docker), sameLaunchMs);
  }

  override async availability(): Promise<Availability> {
    const engine = await this.#look();
    return engine.available ? { available: true, version: engine.version, caveats: engine.caveats } : engine;
  }

  override async trial(): Promise<Availability> {
    const availability = await this.availability();
    if (!availability.available) return availability;
    const { agent, sidecars } = await this.#images();
    return agent !== undefined && sidecars !== undefined ? availability : { available: false, ...missingImage(agent) };
  }

  override connect(identity: string): Promise<Bottle> {
    return connectBottle(this.context.state, this.#docker(identity), identity, async () => architectureOf((await this.#available()).architecture));
  }

  override sweep(identity: string): Promise<readonly string[]> {
    return sweepBottle(this.context.state, this.#docker(identity), identity);
  }

  override control(identity: string, signal?: AbortSignal): Promise<Duplex> {
    return openControl({ state: this.context.state, docker: this.#docker(identity), identity, signal });
  }

  override async refresh(identity: string, part: "everything" | "record"): Promise<void> {
    const { state } = this.context;
    const resources = readResources((await state.read(identity)).resources);
    if (!resources) return;
    const bring = part === "record" ? bringRecordHome : bringAllHome;
    await bring({ docker: this.#docker(identity), names: namesOf(resources.project), label: ownerLabel(state.home, identity), paths: state.directory(identity) });
  }

  // The settings folder is made by the first launch here.
  override async identities(): Promise<readonly string[]> {
    const { home } = this.context.state;
    if (!await access(settingsFolder(home)).then(() => true, () => false)) return [];
    const label = ownerLabel(home, "look-00000");
    return findIdentities(createDocker(this.#env, label), label.split(":")[0] ?? "");
  }

  override async leftovers(identity: string): Promise<number> {
    const docker = this.#docker(identity);
    // Of an engine that does not answer nothing is known; sweeping says so.
    const found = await findOwned(docker, ownerLabel(this.context.state.home, identity)).catch(() => []);
    return await super.leftovers(identity) + found.length;
  }

  protected override async mayHaveLeft(identity: string): Promise<boolean> {
    // What was begun ahead and no launch has come to use is not left: it goes here.
    await this.#prestartedFor(identity)?.[Symbol.asyncDispose]();
    return findOwned(this.#docker(identity), ownerLabel(this.context.state.home, identity)).then((found) => found.length > 0, () => true);
  }

  protected override async resolve(spec: BottleSpec): Promise<Readonly<Record<string, unknown>>> {
    refuseUnfit(spec);
    const [engine, images] = await Promise.all([this.#available(), this.#needed(spec), this.#names(spec.identity)()]);
    requireRuntime(engine, spec.runtime);
    return { engine: engine.version, runtime: spec.runtime ?? null, agentImage: images.agent, sidecarsImage: images.sidecars, pipelockImage: images.pipelock ?? null };
  }

  protected override listen(): Required<SidecarsConfig["listen"]> {
    // The names are aliases on the inside network alone, so these are no listeners on the outside one.
    return { egress: endpoints.egress, gitGate: endpoints["git-gate"], supervise: endpoints.supervise };
  }

  protected override sidecarsPaths(): SidecarsPaths {
    return { audit: join(sidecarsFolder, "audit.jsonl"), egress: join(sidecarsFolder, "egress"), git: gateFolder, control: controlSocket, supervise: join(sidecarsFolder, "supervise") };
  }

  protected override async askableImage({ root }: StatePaths): Promise<AskableImage> {
    return { dockerfile: await readGranted(join(root, ownDockerfile)) ?? plainDockerfile };
  }

  protected override async startSidecars(config: SidecarsConfig, request: SidecarsRequest): Promise<RunningSidecars> {
    const { up, filled, sidecars } = this.#opening(request.spec.identity);
    const whole = await withGateFiles(withPipelock(config), request.spec.bottleName);
    const attached = await attachSidecars(this.#docker(request.spec.identity), await up.promise, whole, { filled: filled.promise, tokens: request.spec.egress.renewable, onShow: request.onShow, onSealed: request.onSealed, signal: request.signal });
    sidecars.resolve(attached);
    return attached;
  }

  protected override async open(request: OpenRequest): Promise<OpenBottle> {
    const { identity } = request.spec;
    const opening = this.#opening(identity);
    const docker = this.#docker(identity);
    const prestarted = this.#prestartedFor(identity);
    try {
      const [engine, images, names, settings] = await Promise.all([this.#available(), this.#needed(request.spec), this.#names(identity)(), makeEmptySettings(this.context.state.home)]);
      const { bottle, probed, composed } = await openBottle(request, { docker, engine, images, names, settings, prestarted }, {
        sidecarsUp: () => opening.up.resolve(names.sidecars),
        filled: () => opening.filled.resolve(),
      });
      return Object.assign(bottle, {
        resources: { project: names.project },
        probed,
        // Compose ends a little after the last container's start; a launch for which it does not end well has failed.
        // The state directory's copy is for whoever looks there.
        show: async (files: ShownFiles) => void await settleAll([composed, opening.sidecars.promise.then(({ show }) => show(files)), writeShown(request.paths.shown, files)]),
      });
    } catch (error) {
      opening.up.reject(error);
      opening.filled.reject(error);
      throw error;
    } finally {
      this.#openings.delete(identity);
      this.#doors.delete(identity);
      this.#chosen.delete(identity);
    }
  }

  #opening(identity: string): Opening {
    const known = this.#openings.get(identity);
    if (known) return known;
    const opening = { up: Promise.withResolvers<string>(), filled: Promise.withResolvers<void>(), sidecars: Promise.withResolvers<AttachedSidecars>() };
    // Whoever awaits them is told; a launch that failed before that does not.
    for (const { promise } of Object.values(opening)) promise.catch(() => undefined);
    this.#openings.set(identity, opening);
    return opening;
  }

  /** Names no stranger has, asked for when a launch is prepared. */
  #names(identity: string): () => Promise<ResourceNames> {
    const label = ownerLabel(this.context.state.home, identity);
    const choose = this.#chosen.get(identity) ?? recent(async () => await (await this.#prestartedFor(identity)?.networks)?.names ?? findFreeNames(this.#docker(identity), { label }), sameLaunchMs);
    this.#chosen.set(identity, choose);
    return choose;
  }

  #prestartedFor(identity: string): PrestartedDocker | undefined {
    return this.#prestarted?.identity === identity ? this.#prestarted : undefined;
  }

  /** One each, which has found out once where the engine is and what it speaks. */
  #docker(identity: string): Docker {
    const known = this.#doors.get(identity) ?? createDocker(this.#env, ownerLabel(this.context.state.home, identity));
    this.#doors.set(identity, known);
    return known;
  }

  async #available(): Promise<Engine> {
    const engine = await this.#look();
    if (engine.available) return engine;
    throw new BottleError("backend-unavailable", `docker cannot run here: ${engine.reason}`, { mend: engine.mend });
  }

  /** The images that a bottle is started from. */
  async #needed(spec: BottleSpec): Promise<World["images"]> {
    const { agent, sidecars, pipelock } = await this.#images();
    if (agent !== undefined && sidecars !== undefined) return { agent, sidecars, ...(hasPipelock(spec.egress.declaration) && { pipelock: requirePipelock(spec, pipelock) }) };
    const { reason, mend } = missingImage(agent);
    throw new BottleError("backend-unavailable", reason, { mend });
  }
}

function missingImage(agent: string | undefined): { readonly reason: string; readonly mend: string } {
  return { reason: `The engine has no image for ${agent === undefined ? "the agent" : "the sidecars"}.`, mend: "Run `bottle images build`." };
}

function hasPipelock({ dlp }: EgressDeclaration): boolean {
  return dlp.engine !== "builtin";
}

function requirePipelock({ bottleName, egress }: BottleSpec, image: string | undefined): string {
  if (image !== undefined) return image;
  throw new BottleError("backend-unavailable", `Bottle "${bottleName}" asks for \`engine: ${egress.declaration.dlp.engine}\`, and the Docker engine has no image of a pipelock.`, {
    mend: "Put pipelock 2.3 on your PATH and run `bottle images build`, or write `engine: builtin`: the builtin scan then looks through every request.",
  });
}

/** The program that may be on this host is not the one that a container has. */
function withPipelock(config: SidecarsConfig): SidecarsConfig {
  const { pipelock: _, ...egress } = config.egress;
  return { ...config, egress: { ...egress, ...(hasPipelock(egress.declaration) && { pipelock: { beside: pipelockHost, directory: pipelockFolder } }) } };
}

function requireRuntime({ runtimes }: Engine, runtime: string | undefined): void {
  if (runtime === undefined || runtimes.includes(runtime)) return;
  throw new BottleError("spec-invalid", `\`runtime: ${runtime}\` cannot be kept: the engine has ${runtimes.join(", ")}.`, { mend: "Install the runtime on the engine's machine and name it in its daemon.json, or remove `runtime`." });
}
