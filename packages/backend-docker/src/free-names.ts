import { BottleError } from "@bottle/backend-core";
import { explainEngine } from "./engine/api.ts";
import type { Docker } from "./engine/docker.ts";
import { listThings, type Kind } from "./engine/things.ts";
import { candidateNames, resourceNames, type NameParts, type ResourceNames } from "./names.ts";
import { ownedLabel } from "./labels.ts";

/**
 * Names of which the engine has none yet. Compose would take a stranger's volume as its own; so the plain names are left
 * to whoever has one of them, and those with a suffix are tried.
 * @throws BottleError `launch-failed` if all 99 are taken, the engine cannot be asked, or it still has things of the bottle
 * itself: they may hold work, which the end of a second launch would remove
 */
export async function findFreeNames(docker: Docker, parts: NameParts, signal?: AbortSignal): Promise<ResourceNames> {
  const { project } = resourceNames(parts);
  const list = async (kind: Kind): Promise<readonly string[]> => {
    const things = await listThings(docker.api, kind, { name: [project] }, { signal }).catch((error: unknown) => Promise.reject(explainEngine("The names in use could not be read", error)));
    if (things.some(({ labels }) => labels[ownedLabel] === parts.label)) throw stillThere(parts);
    return things.map(({ name }) => name);
  };
  const [containers, networks, volumes] = await Promise.all([list("container"), list("network"), list("volume")]);
  for (const names of candidateNames(parts)) {
    const isTaken = [names.agent, names.sidecars, names.pipelock].some((name) => containers.includes(name))
      || [names.inside, names.outside, names.hop].some((name) => networks.includes(name))
      || Object.values(names.volumes).some((name) => volumes.includes(name));
    if (!isTaken) return names;
  }
  throw new BottleError("launch-failed", `The engine has other containers, networks or volumes with every name from ${project} to ${project}-99.`, { mend: "Remove them, or start a new bottle." });
}

function stillThere({ label }: NameParts): BottleError {
  const identity = label.slice(label.indexOf(":") + 1);
  return new BottleError("launch-failed", `The bottle ${identity} still has containers or volumes in the engine.`, { mend: `If it runs, \`bottle stop ${identity}\`; else \`bottle cleanup\` brings its work home. Then \`bottle resume ${identity}\`.` });
}
