import { ownerLabel, type StateStore } from "@bottle/backend-core";
import type { Docker } from "./engine/docker.ts";
import { namesOf } from "./names.ts";
import { removeAll, takeDown } from "./take-down.ts";

/**
 * Ends what a bottle without a keeper left in the engine, after its work and its record are in the state directory. What
 * belongs to it is known by its label alone; a stranger's container with a similar name stays.
 * @returns a sentence for each thing removed
 */
export async function sweepBottle(state: StateStore, docker: Docker, identity: string): Promise<readonly string[]> {
  const label = ownerLabel(state.home, identity);
  const project = await projectOf(docker, label);
  if (project === undefined) return removeAll({ docker, label });
  return takeDown({ docker, names: namesOf(project), label, paths: state.directory(identity) });
}

/** What compose called the project, by a container of it, or by a volume where somebody removed the containers. */
async function projectOf(docker: Docker, label: string): Promise<string | undefined> {
  const lists = [["ps", "--all"], ["volume", "ls"]].map(async (list) => {
    const { stdout } = await docker.run([...list, "--filter", `label=bottle.owned=${label}`, "--format", `{{.Label "com.docker.compose.project"}}`]);
    return Buffer.from(stdout).toString().split("\n");
  });
  return (await Promise.all(lists)).flat().find((line) => line !== "");
}
