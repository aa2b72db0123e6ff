import { BottleError } from "@bottle/backend-core";
import type { Docker } from "./engine/docker.ts";
import { candidateNames, resourceNames, type NameParts, type ResourceNames } from "./names.ts";

/**
 * Names of which the engine has none yet. Compose would take a stranger's volume as its own; so the plain names are left
 * to whoever has one of them, and those with a suffix are tried.
 * @throws BottleError `launch-failed` if all 99 are taken, or the engine cannot be asked
 */
export async function findFreeNames(docker: Docker, parts: NameParts, signal?: AbortSignal): Promise<ResourceNames> {
  const { project } = resourceNames(parts);
  const list = async (...args: readonly string[]): Promise<readonly string[]> =>
    (await docker.must([...args, "--filter", `name=${project}`], "The names in use could not be read", { signal })).split("\n");
  const [containers, networks, volumes] = await Promise.all([
    list("ps", "--all", "--format", "{{.Names}}"), list("network", "ls", "--format", "{{.Name}}"), list("volume", "ls", "--format", "{{.Name}}"),
  ]);
  for (const names of candidateNames(parts)) {
    const isTaken = [names.agent, names.sidecars].some((name) => containers.includes(name))
      || [names.inside, names.outside].some((name) => networks.includes(name))
      || Object.values(names.volumes).some((name) => volumes.includes(name));
    if (!isTaken) return names;
  }
  throw new BottleError("launch-failed", `The engine has other containers, networks or volumes with every name from ${project} to ${project}-99.`, { mend: "Remove them, or start a new bottle." });
}
