import { rm } from "node:fs/promises";
import { isAlive, kill, labelledProcesses, ownerLabel, type ProcessMark, type StateStore } from "@bottle/backend-core";
import { setTimeout as delay } from "node:timers/promises";
import { detectLimits } from "./limits/detect.ts";
import { findLimitGroups, limitGroupName, removeLimitGroups } from "./limits/group.ts";
import { readResources } from "./resources.ts";

const rounds = 20;
const pauseMs = 50;

/**
 * Ends what a bottle without a keeper left on the host. Processes are known by their label, and the two that hold the
 * bottle by what was noted of them as well, since an agent can take its own processes' labels away. A number that was used
 * again by a stranger is never hit: the noted start time tells. Limits are known by the same label.
 * @returns a sentence for each thing removed
 */
export async function sweepBottle(state: StateStore, identity: string): Promise<readonly string[]> {
  const paths = state.directory(identity);
  const label = ownerLabel(state.home, identity);
  const killed = await killOwned(label, await notedProcesses(state, identity));
  const groups = await findLimitGroups(limitGroupName(label), await detectLimits());
  await removeLimitGroups(groups);
  await Promise.all([rm(paths.control, { force: true }), rm(paths.sockets, { recursive: true, force: true })]);
  return [
    ...killed.map((pid) => `ended process ${pid}`),
    ...groups.map((path) => `removed cgroup ${path}`),
  ];
}

/** The first process and the relay, as the launch noted them; the end of the first one ends all that runs inside. */
async function notedProcesses(state: StateStore, identity: string): Promise<readonly ProcessMark[]> {
  const metadata = await state.read(identity).catch(() => undefined);
  const noted = metadata && readResources(metadata.resources);
  return noted ? [noted.first, noted.relay] : [];
}

async function killOwned(label: string, noted: readonly ProcessMark[]): Promise<readonly number[]> {
  const killed = new Set<number>();
  for (let round = 0; round < rounds; round += 1) {
    const pids = new Set([...noted.filter(isAlive).map(({ pid }) => pid), ...await labelledProcesses(label)]);
    if (pids.size === 0) break;
    for (const pid of pids) {
      killed.add(pid);
      kill(pid, "SIGKILL");
    }
    await delay(pauseMs);
  }
  return [...killed];
}
