import { lstat, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { homePath, settleAll, workspacePath, type StatePaths } from "@bottle/backend-core";
import { auditFiles } from "@bottle/manifest/state";
import { bringHome } from "./files/bring-home.ts";
import { mergeTree } from "./files/merge-tree.ts";
import type { Docker } from "./engine/docker.ts";
import type { Thing } from "./engine/things.ts";
import type { ResourceNames } from "./names.ts";
import { findOwned, has } from "./owned.ts";
import { filledMark, keptFolders, sidecarsFolder } from "./sidecars/folders.ts";
import { standIn } from "./stand-in.ts";

const stopSeconds = "3";

/** What it takes to end a bottle, whoever launched it. */
export interface Remains {
  readonly docker: Docker;
  readonly names: ResourceNames;
  readonly label: string;
  readonly paths: StatePaths;
}

/**
 * Ends a bottle's containers, brings its home, workspace and record into the state directory, notes the services' own
 * logs, then removes everything the bottle has in the engine. What cannot be brought home stays where it is.
 * @throws BottleError `exec-failed` then
 */
export async function takeDown(remains: Remains): Promise<readonly string[]> {
  const { docker, names } = remains;
  const owned = await findOwned(docker, remains.label);
  const [hasAgent, hasSidecars, hasPipelock] = (["agent", "sidecars", "pipelock"] as const).map((role) => has(owned, "container", names[role]));
  if (hasAgent) await docker.run(["kill", names.agent]);
  if (hasSidecars) await docker.run(["stop", "--time", stopSeconds, names.sidecars]);
  // It has ended with them, if they were well.
  if (hasPipelock) await docker.run(["stop", "--time", stopSeconds, names.pipelock]);
  await Promise.all([hasAgent && saveLog(remains, "agent"), hasSidecars && saveLog(remains, "sidecars"), hasPipelock && saveLog(remains, "pipelock")]);
  const stock = await standIn(docker, { ...remains, owned });
  await bringEverything({ ...remains, ...stock });
  return await removeAll(remains);
}

/** Brings the state directory up to date with the containers, running or not. */
export async function bringAllHome(remains: Remains): Promise<void> {
  await bringEverything({ ...remains, owned: await findOwned(remains.docker, remains.label) });
}

/** The same for the audit log, the CA and the proposals alone. */
export async function bringRecordHome(remains: Remains): Promise<void> {
  await bringRecord({ ...remains, owned: await findOwned(remains.docker, remains.label) });
}

/** Remains of which it is known what is there. */
interface Known extends Remains {
  readonly owned: readonly Thing[];
}

async function bringEverything(known: Known): Promise<void> {
  const { owned, names: { agent, volumes }, paths } = known;
  if (!await bringRecord(known) || !has(owned, "container", agent)) return;
  // Without its volume a container shows what its image has there, which is nothing of the agent's.
  await settleAll([
    ...(has(owned, "volume", volumes.home) ? [bringFolder(known, homePath, paths.home)] : []),
    ...(has(owned, "volume", volumes.workspace) ? [bringFolder(known, workspacePath, paths.workspace)] : []),
  ]);
}

async function bringFolder({ docker, names, label }: Known, source: string, into: string): Promise<void> {
  const fresh = `${into}.fresh`;
  await bringHome(docker, { container: names.agent, source, target: fresh, label });
  await mergeTree(fresh, into);
}

/** @returns whether the volumes were filled, so that they hold what is newer */
async function bringRecord({ docker, names, label, paths, owned }: Known): Promise<boolean> {
  if (!has(owned, "container", names.sidecars)) return false;
  const record = join(paths.root, "sidecars.fresh");
  await bringHome(docker, { container: names.sidecars, source: sidecarsFolder, target: record, label });
  const isFilled = await rename(join(record, filledMark), join(record, `${filledMark}.seen`)).then(() => true, () => false);
  if (isFilled) {
    for (const name of auditFiles(basename(paths.audit), await readdir(record))) await rename(join(record, name), join(paths.root, name));
    for (const name of keptFolders) await bringKept(join(record, name), paths[name]);
  }
  await rm(record, { recursive: true, force: true });
  return isFilled;
}

/** A bottle without supervise has no queue. */
async function bringKept(fresh: string, into: string): Promise<void> {
  if (!await lstat(fresh).then(() => true, () => false)) return;
  await mkdir(into, { recursive: true, mode: 0o700 });
  await mergeTree(fresh, into);
}

async function saveLog({ docker, names, paths }: Remains, service: "agent" | "sidecars" | "pipelock"): Promise<void> {
  const { exitCode, stdout, stderr } = await docker.program(docker.command(["logs", "--timestamps", names[service]]));
  if (exitCode === 0) await writeFile(join(paths.logs, `${service}-container.log`), `${Buffer.from(stdout).toString()}${stderr}`, { mode: 0o600 }).catch(() => undefined);
}

const removals = { container: ["rm", "--force", "--volumes"], network: ["network", "rm"], volume: ["volume", "rm", "--force"] } as const;

/** Between two looks at what the engine still makes of what it was asked for, though nobody waits for it any more. */
export const settleMs = 400;
export const mostLooks = 10;

/**
 * Removes what a launch made that was cut off, until nothing more of it appears. A volume cannot be removed while the engine still
 * makes the container it is for; then it is tried again.
 * @throws BottleError what the last try said
 */
export async function removeRest(remains: Pick<Remains, "docker" | "label">): Promise<void> {
  let failure: unknown;
  for (let look = 0; look < mostLooks; look += 1) {
    const removed = await removeAll(remains).then((sentences) => {
      failure = undefined;
      return sentences.length;
    }, (error: unknown) => {
      failure = error;
      return 1;
    });
    if (look > 0 && removed === 0) return;
    await delay(settleMs);
  }
  if (failure !== undefined) throw failure;
}

/** Removes what bears the bottle's label, and nothing else. @returns a sentence for each thing */
export async function removeAll({ docker, label }: Pick<Remains, "docker" | "label">): Promise<readonly string[]> {
  const owned = await findOwned(docker, label);
  for (const kind of ["container", "network", "volume"] as const) {
    const ids = owned.filter((each) => each.kind === kind).map(({ id }) => id);
    if (ids.length > 0) await docker.must([...removals[kind], ...ids], `A ${kind} of the bottle could not be removed`);
  }
  return owned.map(({ kind, name }) => `removed ${kind} ${name}`);
}
