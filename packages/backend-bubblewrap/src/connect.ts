import { join } from "node:path";
import { isAlive, ownerLabel, type Bottle, type StateStore } from "@bottle/backend-core";
import { BubblewrapBottle } from "./bottle.ts";
import { notRunning } from "./handle.ts";
import { procsFilesOf } from "./limits/group.ts";
import { joinScript } from "./open.ts";
import { readResources } from "./resources.ts";

/**
 * Reaches a bottle another process launched; disposing the result leaves it running.
 * @throws BottleError `identity-unknown`, `not-running`
 */
export async function connectBottle(state: StateStore, identity: string): Promise<Bottle> {
  const resources = readResources((await state.read(identity)).resources);
  if (!resources || !isAlive(resources.first) || !isAlive(resources.relay)) throw notRunning(identity);
  const procsFiles = procsFilesOf(resources.cgroups);
  return new BubblewrapBottle(identity, {
    identity,
    relay: resources.relay.pid,
    first: resources.first.pid,
    firstMark: resources.first,
    label: ownerLabel(state.home, identity),
    joinLimits: procsFiles.length === 0 ? [] : ["sh", "-c", joinScript(procsFiles), "sh"],
    terminalLog: join(state.directory(identity).logs, "terminal.log"),
    end: async () => undefined,
  });
}
