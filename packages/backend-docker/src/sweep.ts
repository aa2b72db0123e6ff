import { setTimeout as delay } from "node:timers/promises";
import { kill, labelledProcesses, ownerLabel, type StateStore } from "@bottle/backend-core";
import type { Docker } from "./engine/docker.ts";
import type { Thing } from "./engine/things.ts";
import { candidateNames, namesOf } from "./names.ts";
import { findOwned } from "./owned.ts";
import { mostLooks, removeAll, settleMs, takeDown } from "./take-down.ts";

// Of compose, 1 and 2.
const projectLabel = "com.docker.compose.project";

/**
 * Ends what a bottle without a keeper left in the engine, after its work and its record are in the state directory. What
 * belongs to it is known by its label alone; a stranger's container with a similar name stays.
 * @returns a sentence for each thing removed
 */
export async function sweepBottle(state: StateStore, docker: Docker, identity: string): Promise<readonly string[]> {
  const label = ownerLabel(state.home, identity);
  if (await endProcesses(label)) await settled(docker, label);
  const project = projectOf(await findOwned(docker, label), label);
  if (project === undefined) return removeAll({ docker, label });
  return takeDown({ docker, names: namesOf(project), label, paths: state.directory(identity) });
}

/** Ends the clients a killed keeper left: compose, above all, would go on making what is removed here. @returns whether there were any */
async function endProcesses(label: string): Promise<boolean> {
  const pids = await labelledProcesses(label);
  for (const pid of pids) kill(pid, "SIGKILL");
  return pids.length > 0;
}

/** Waits until nothing new of a bottle appears: the engine ends what it was asked for, though nobody waits for it. */
async function settled(docker: Docker, label: string): Promise<void> {
  let before = -1;
  for (let looks = 0; looks < mostLooks; looks += 1) {
    const { length } = await findOwned(docker, label);
    if (length === before) return;
    before = length;
    await delay(settleMs);
  }
}

/**
 * What compose called the project, by a container of it, or by a volume where somebody removed the containers. Only a name
 * that bottle gives: from another, nothing of this bottle's would come home before it is removed.
 */
function projectOf(owned: readonly Thing[], label: string): string | undefined {
  const given = new Set([...candidateNames({ label })].map(({ project }) => project));
  return owned.map(({ labels }) => labels[projectLabel] ?? "").find((project) => given.has(project));
}
