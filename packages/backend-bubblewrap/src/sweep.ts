import { rm } from "node:fs/promises";
import { labelledProcesses, ownerLabel, slugOf, type StateStore } from "@bottle/backend-core";
import { setTimeout as delay } from "node:timers/promises";
import { detectLimits } from "./limits/detect.ts";
import { findLimitGroups, removeLimitGroups } from "./limits/group.ts";
import { kill } from "./processes.ts";

const rounds = 20;
const pauseMs = 50;

/**
 * Ends what a bottle without a keeper left on the host. Processes are known by their label alone, so a number that was
 * used again by a stranger is never hit; limits are known by the bottle's slug.
 * @returns a sentence for each thing removed
 */
export async function sweepBottle(state: StateStore, identity: string): Promise<readonly string[]> {
  const paths = state.directory(identity);
  const killed = await killLabelled(ownerLabel(state.home, identity));
  const groups = await findLimitGroups(slugOf(identity), await detectLimits());
  await removeLimitGroups(groups);
  await Promise.all([rm(paths.control, { force: true }), rm(paths.sockets, { recursive: true, force: true })]);
  return [
    ...killed.map((pid) => `ended process ${pid}`),
    ...groups.map((path) => `removed cgroup ${path}`),
  ];
}

async function killLabelled(label: string): Promise<readonly number[]> {
  const killed = new Set<number>();
  for (let round = 0; round < rounds; round += 1) {
    const pids = await labelledProcesses(label);
    if (pids.length === 0) break;
    for (const pid of pids) {
      killed.add(pid);
      kill(pid, "SIGKILL");
    }
    await delay(pauseMs);
  }
  return [...killed];
}
