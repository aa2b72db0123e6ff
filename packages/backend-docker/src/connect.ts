import { join } from "node:path";
import { ownerLabel, type Bottle, type StateStore } from "@bottle/backend-core";
import { DockerBottle } from "./bottle.ts";
import type { Docker } from "./engine/docker.ts";
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
  const { exitCode, stdout } = await docker.run(["container", "inspect", "--format", `{{.State.Running}} {{index .Config.Labels "${ownedLabel}"}}`, names.agent]);
  if (exitCode !== 0 || Buffer.from(stdout).toString().trim() !== `true ${label}`) throw notRunning(identity);
  return new DockerBottle({ identity, docker, names, label, architecture: await architecture(), terminalLog: join(state.directory(identity).logs, "terminal.log"), end: async () => undefined });
}
