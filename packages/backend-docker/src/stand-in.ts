import { BottleError, homePath, workspacePath } from "@bottle/backend-core";
import type { Docker } from "./engine/docker.ts";
import { noProxyArguments } from "./engine/no-proxies.ts";
import { findImages } from "./images/find.ts";
import type { ResourceNames } from "./names.ts";
import { findOwned, whose } from "./owned.ts";
import { sidecarsFolder } from "./sidecars/folders.ts";
import { ownedLabel } from "./labels.ts";

/**
 * Makes, without ever starting them, containers in the place of those that somebody removed, so that what is in their
 * volumes can be copied out. They bear the bottle's label, and go with all the rest. Where a stranger has taken the name
 * meanwhile, they get another one.
 * @returns the names, with those of the containers that are the bottle's own
 * @throws BottleError `launch-failed`, `backend-unavailable`; the volumes stay
 */
export async function standIn(docker: Docker, { names, label }: { readonly names: ResourceNames; readonly label: string }): Promise<ResourceNames> {
  const owned = (await findOwned(docker, label)).filter(({ kind }) => kind === "volume").map(({ id }) => id);
  const { home, workspace, sidecars } = names.volumes;
  const places = { agent: { [home]: homePath, [workspace]: workspacePath }, sidecars: { [sidecars]: sidecarsFolder } };
  const found = { agent: names.agent, sidecars: names.sidecars };
  for (const role of ["agent", "sidecars"] as const) {
    const mounts = Object.entries(places[role]).filter(([volume]) => owned.includes(volume)).flatMap(([volume, path]) => ["--volume", `${volume}:${path}`]);
    if (mounts.length === 0) continue;
    const { container, isThere } = await ownName(docker, names[role], label);
    found[role] = container;
    if (isThere) continue;
    const { agent = "bottle-agent" } = await findImages(docker);
    await docker.must(["create", "--name", container, "--network", "none", "--label", `${ownedLabel}=${label}`, ...noProxyArguments, ...mounts, agent, "true"], "The bottle's volumes could not be opened");
  }
  return { ...names, ...found };
}

const lastSuffix = 9;

/** The first name that is the bottle's or nobody's. */
async function ownName(docker: Docker, plain: string, label: string): Promise<{ readonly container: string; readonly isThere: boolean }> {
  for (let suffix = 1; suffix <= lastSuffix; suffix += 1) {
    const container = suffix === 1 ? plain : `${plain}-stand-in-${suffix}`;
    const owner = await whose(docker, "container", container, label);
    if (owner !== "stranger") return { container, isThere: owner === "ours" };
  }
  throw new BottleError("launch-failed", `The bottle's volumes could not be opened: others have every container name from ${plain} on.`, { mend: "Remove or rename those containers, then run `bottle cleanup`." });
}
