import { join } from "node:path";
import { ownerLabel, type Bottle, type StateStore } from "@bottle/backend-core";
import { DockerBottle } from "./bottle.ts";
import { explainEngine } from "./engine/api.ts";
import type { Docker } from "./engine/docker.ts";
import { inspectContainer } from "./engine/things.ts";
import type { Architecture } from "./enter.ts";
import { notRunning } from "./handle.ts";
import { namesOf } from "./names.ts";
import { readResources } from "./resources.ts";
import { ownedLabel } from "./labels.ts";

/**
 * Reaches a bottle another process launched; disposing the result leaves it running.
 * @throws BottleError `identity-unknown`, `not-running`
 */
export async function connectBottle(state: StateStore, docker: Docker, identity: string, architecture: () => Promise<Architecture>): Promise<Bottle> {
  const resources = readResources((await state.read(identity)).resources);
  if (!resources) throw notRunning(identity);
  const names = namesOf(resources.project);
  const label = ownerLabel(state.home, identity);
  const agent = await inspectContainer(docker.api, names.agent).catch((error: unknown) => Promise.reject(explainEngine(`The bottle ${identity} cannot be reached`, error)));
  if (!agent?.isRunning || agent.labels[ownedLabel] !== label) throw notRunning(identity);
  return new DockerBottle({ identity, docker, names, label, architecture: await architecture(), terminalLog: join(state.directory(identity).logs, "terminal.log"), end: async () => undefined });
}
