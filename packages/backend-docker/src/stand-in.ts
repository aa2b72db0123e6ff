import { homePath, workspacePath } from "@bottle/backend-core";
import type { Docker } from "./engine/docker.ts";
import { noProxyArguments } from "./engine/no-proxies.ts";
import { findImages } from "./images/find.ts";
import type { ResourceNames } from "./names.ts";
import { findOwned, isThere } from "./owned.ts";
import { sidecarsFolder } from "./sidecars/folders.ts";

/**
 * Makes, without ever starting them, containers in the place of those that somebody removed, so that what is in their
 * volumes can be copied out. They bear the bottle's label, and go with all the rest.
 * @throws BottleError `launch-failed`, `backend-unavailable`; the volumes stay
 */
export async function standIn(docker: Docker, { names, label }: { readonly names: ResourceNames; readonly label: string }): Promise<void> {
  const owned = (await findOwned(docker, label)).filter(({ kind }) => kind === "volume").map(({ id }) => id);
  const { home, workspace, sidecars } = names.volumes;
  const places = [
    { container: names.agent, volumes: { [home]: homePath, [workspace]: workspacePath } },
    { container: names.sidecars, volumes: { [sidecars]: sidecarsFolder } },
  ];
  for (const { container, volumes } of places) {
    const mounts = Object.entries(volumes).filter(([volume]) => owned.includes(volume)).flatMap(([volume, path]) => ["--volume", `${volume}:${path}`]);
    if (mounts.length === 0 || await isThere(docker, "container", container)) continue;
    const { agent = "bottle-agent" } = await findImages(docker);
    await docker.must(["create", "--name", container, "--network", "none", "--label", `bottle.owned=${label}`, ...noProxyArguments, ...mounts, agent, "true"], "The bottle's volumes could not be opened");
  }
}
