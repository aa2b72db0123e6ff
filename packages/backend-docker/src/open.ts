import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { insideEnv, settleAll, writeWhole, type OpenRequest } from "@bottle/backend-core";
import { auditFiles } from "@bottle/manifest/state";
import { composeText, renderCompose } from "./compose/render.ts";
import { composeUp } from "./compose/compose.ts";
import { DockerBottle } from "./bottle.ts";
import type { Docker } from "./engine/docker.ts";
import { watchContainers, type Milestone } from "./engine/watch-containers.ts";
import { architectureOf } from "./enter.ts";
import { fill } from "./files/fill.ts";
import { prepareMounts } from "./files/mounts.ts";
import type { BottleHandle } from "./handle.ts";
import { agentImage, ownDockerfile } from "./images/own-image.ts";
import type { Engine } from "./host/check-host.ts";
import { labelsOf } from "./labels.ts";
import type { ResourceNames } from "./names.ts";
import { checkClosed, hostAddresses } from "./network/check-closed.ts";
import type { PrestartedDocker } from "./prestart.ts";
import { keptFolders, sidecarsFolder } from "./sidecars/folders.ts";
import { removeAll, removeRest, takeDown } from "./take-down.ts";
import { prepareWorkspace } from "./workspace.ts";

/** What a launch stands on. */
export interface World {
  readonly docker: Docker;
  readonly engine: Engine;
  readonly images: { readonly agent: string; readonly sidecars: string; readonly pipelock?: string };
  readonly names: ResourceNames;
  /** Docker settings without anything in them. */
  readonly settings: string;
  readonly prestarted?: PrestartedDocker | undefined;
}

/** Who is told how far it has come. */
export interface Progress {
  /** The sidecars' container runs. */
  sidecarsUp(): void;
  /** Every volume is filled. */
  filled(): void;
}

/** A bottle whose containers run. */
export interface Opened {
  readonly bottle: DockerBottle;
  /** What `directProbes` printed inside. */
  readonly probed: string;
  /** Compose's own end, some time after the last container's start. */
  readonly composed: Promise<void>;
}

/**
 * Makes the compose project of a bottle, fills its volumes and looks whether it is closed; each as soon as the container it
 * needs has started. On failure or abort nothing of it is left.
 */
export async function openBottle(request: OpenRequest, world: World, progress: Progress): Promise<Opened> {
  const { paths, signal, label, spec } = request;
  const { docker, names, engine, images, settings, prestarted } = world;
  await using stack = new AsyncDisposableStack();
  const architecture = architectureOf(engine.architecture);
  const hasWorkspace = await prepareWorkspace(request);
  const agent = await agentImage(docker, { dockerfile: join(paths.root, ownDockerfile), agent: images.agent, signal });
  const mounts = await prepareMounts(docker, spec.mounts, { image: images.agent, label, signal });
  const secrets = { ...Object.fromEntries(Object.entries(spec.secretEnv).map(([name, value]) => [name, value.reveal()])), ...insideEnv(request.credential) };
  const file = renderCompose({
    names, images: { ...images, agent }, architecture, ...(spec.runtime !== undefined && { runtime: spec.runtime }), hasWorkspace, hasGate: spec.git !== undefined, mounts, limits: spec.limits,
    labels: labelsOf(label), gatewayMode: engine.gatewayMode,
    env: { TERM: "xterm-256color", ...spec.env, BOTTLE_OWNED: label }, secretNames: Object.keys(secrets),
  });
  await writeWhole(join(paths.root, "docker-compose.yml"), composeText(file));
  using watch = watchContainers(docker.api, label);
  const networked = prestarted?.networks.then((networks) => networks.take()) ?? Promise.resolve();
  const needed = [agent, images.sidecars, ...(images.pipelock === undefined ? [] : [images.pipelock])];
  const composed = networked.then(() => composeUp(engine.compose, { file, project: names.project, images: needed, secrets, settings, waiting: prestarted?.compose, signal }));
  stack.defer(async () => {
    await composed.catch(() => undefined);
    // A compose that was killed leaves the engine at work. What could not be removed is looked for once more before the state
    // is given up.
    const remove = signal.aborted ? removeRest : removeAll;
    await remove({ docker, label }).catch(() => undefined);
  });
  let ended: Promise<void> | undefined;
  const handle: BottleHandle = {
    identity: spec.identity, docker, names, label, architecture,
    terminalLog: join(paths.logs, "terminal.log"),
    end: () => ended ??= composed.catch(() => undefined).then(() => takeDown({ docker, names, label, paths })).then(() => undefined),
  };
  const bottle = new DockerBottle(handle);
  const look = (script: Promise<string>): Promise<string> => bottle.look(script, signal);
  const reached = (container: string, milestone: Milestone): Promise<void> => Promise.race([watch.reached(container, milestone), composed]);
  // Where containers take a gateway's address that the engine has no use for, it is known only once they have theirs.
  const addresses = reached(names.agent, engine.gatewayMode === "isolated" ? "start" : "create").then(() => hostAddresses({ docker, networks: [names.inside, names.outside, ...(images.pipelock === undefined ? [] : [names.hop])], signal }));
  addresses.catch(() => undefined);
  const agentUp = reached(names.agent, "start");
  const [probed] = await settleAll([
    agentUp.then(() => checkClosed({ addresses, look })),
    settleAll([
      agentUp.then(() => fillAgent(request, world, hasWorkspace)),
      reached(names.sidecars, "start").then(() => progress.sidecarsUp()).then(() => fillSidecars(request, world)),
    ]).then(() => progress.filled()),
  ]);
  stack.move();
  return { bottle, probed, composed };
}

/** Fills the agent's volumes. A new bottle's home is empty until it is provisioned. */
async function fillAgent({ spec, paths, label, signal }: OpenRequest, { docker, names }: World, hasWorkspace: boolean): Promise<void> {
  const into = { container: names.agent, owner: "node", label, signal } as const;
  await settleAll([
    ...(spec.resume ? [fill(docker, { ...into, source: paths.home, target: "/home/node" })] : []),
    ...(hasWorkspace ? [fill(docker, { ...into, source: paths.workspace, target: "/workspace" })] : []),
  ]);
}

/** A resumed bottle goes on with its CA, its audit log, its proposals and its grants. */
async function fillSidecars({ spec, paths, label, signal }: OpenRequest, { docker, names }: World): Promise<void> {
  if (spec.resume) await fill(docker, { container: names.sidecars, source: paths.root, target: sidecarsFolder, owner: "node", label, signal, only: [...keptFolders, ...auditFiles(basename(paths.audit), await readdir(paths.root))] });
}
