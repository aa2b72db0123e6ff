import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { insideEnv, settleAll, writeWhole, type OpenRequest } from "@bottle/backend-core";
import { composeText, renderCompose } from "./compose/render.ts";
import { composeUp } from "./compose/compose.ts";
import type { Docker } from "./engine/docker.ts";
import { architectureOf } from "./enter.ts";
import { fill } from "./files/fill.ts";
import { chooseNames, findFreeNames } from "./free-names.ts";
import type { BottleHandle } from "./handle.ts";
import type { Engine } from "./host/check-host.ts";
import { prepareMounts } from "./mounts.ts";
import type { ResourceNames } from "./names.ts";
import { filledMark, removeAll, sidecarsFolder, takeDown } from "./take-down.ts";
import { prepareWorkspace } from "./workspace.ts";

/** What a launch stands on. */
export interface World {
  readonly docker: Docker;
  readonly engine: Engine;
  readonly images: { readonly agent: string; readonly sidecars: string };
}

/** Makes the compose project of a bottle and fills its volumes; on failure or abort nothing of it is left. */
export async function openBottle(request: OpenRequest, world: World): Promise<BottleHandle> {
  const { paths, signal, label, spec } = request;
  const { docker, engine, images } = world;
  await using stack = new AsyncDisposableStack();
  const architecture = architectureOf(engine.architecture);
  const [hasWorkspace, plain] = await settleAll([prepareWorkspace(request), chooseNames(docker, { label }, signal)]);
  const mounts = await prepareMounts(docker, spec.mounts, { image: images.agent, label, signal });
  const secrets = { ...Object.fromEntries(Object.entries(spec.secretEnv).map(([name, value]) => [name, value.reveal()])), ...insideEnv(request.credential) };
  const file = join(paths.root, "docker-compose.yml");
  const up = async (names: ResourceNames): Promise<ResourceNames> => {
    await writeWhole(file, composeText(renderCompose({
      names, images, architecture, ...(spec.runtime !== undefined && { runtime: spec.runtime }), workspace: { mode: hasWorkspace ? "volume" : "none" }, mounts, limits: spec.limits,
      labels: labelsOf(label), gatewayMode: engine.gatewayMode,
      env: { TERM: "xterm-256color", ...spec.env, BOTTLE_OWNED: label }, secretNames: Object.keys(secrets),
    })));
    await composeUp(engine.compose, { file, project: names.project, images: [images.agent, images.sidecars], env: secrets, signal });
    return names;
  };
  stack.defer(async () => void await removeAll({ docker, label }));
  const names = await up(plain).catch(async (error: unknown) => {
    const others = await otherNames(plain, { docker, label, signal });
    if (others) return up(others);
    throw error;
  });
  await fillVolumes(request, { docker, names }, hasWorkspace);
  stack.move();
  let ended: Promise<void> | undefined;
  return {
    identity: spec.identity, docker, names, label, architecture,
    terminalLog: join(paths.logs, "terminal.log"),
    end: () => ended ??= takeDown({ docker, names, label, paths }).then(() => undefined),
  };
}

/** Names to try again with, if the ones tried are a stranger's; what had been made with those is removed. */
async function otherNames(tried: ResourceNames, { docker, label, signal }: Pick<OpenRequest, "label" | "signal"> & Pick<World, "docker">): Promise<ResourceNames | undefined> {
  signal.throwIfAborted();
  await removeAll({ docker, label });
  const names = await findFreeNames(docker, { label }, signal);
  return names.project === tried.project ? undefined : names;
}

/** Labels of everything a bottle has in the engine. */
function labelsOf(label: string): Readonly<Record<string, string>> {
  const [home = "", identity = ""] = label.split(":");
  return { "bottle.owned": label, "bottle.home": home, "bottle.identity": identity };
}

async function fillVolumes({ paths, label, signal }: OpenRequest, { docker, names }: Pick<World, "docker"> & { readonly names: ResourceNames }, hasWorkspace: boolean): Promise<void> {
  const shared = { label, signal };
  await Promise.all([
    fill(docker, { container: names.agent, source: paths.home, target: "/home/node", owner: "node", ...shared }),
    hasWorkspace ? fill(docker, { container: names.agent, source: paths.workspace, target: "/workspace", owner: "node", ...shared }) : undefined,
    fillRecord(docker, { container: names.sidecars, root: paths.root, ...shared }),
  ]);
  await markFilled(docker, { container: names.sidecars, root: paths.root, ...shared });
}

interface RecordOptions {
  readonly container: string;
  readonly root: string;
  readonly label: string;
  readonly signal: AbortSignal;
}

/** A resumed bottle goes on with its CA and its audit log. */
async function fillRecord(docker: Docker, { container, root, label, signal }: RecordOptions): Promise<void> {
  await fill(docker, { container, source: root, target: sidecarsFolder, owner: "node", label, signal, only: ["egress", "audit.jsonl"] });
}

async function markFilled(docker: Docker, { container, root, label, signal }: RecordOptions): Promise<void> {
  const folder = await mkdtemp(join(root, "mark-"));
  try {
    await writeFile(join(folder, filledMark), "");
    await fill(docker, { container, source: folder, target: sidecarsFolder, owner: "node", label, signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
