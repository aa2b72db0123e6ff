import { BottleError, homePath, workspacePath } from "@bottle/backend-core";
import type { Docker } from "./engine/docker.ts";
import { noProxyArguments } from "./engine/no-proxies.ts";
import type { Thing } from "./engine/things.ts";
import { findImages } from "./images/find.ts";
import { ownedLabel } from "./labels.ts";
import type { ResourceNames } from "./names.ts";
import { has, isTaken } from "./owned.ts";
import { sidecarsFolder } from "./sidecars/folders.ts";

/** What a bottle has in the engine, and what it is called there. */
export interface Stock {
  readonly names: ResourceNames;
  readonly owned: readonly Thing[];
}

/**
 * Makes, without ever starting them, containers in the place of those that somebody removed, so that what is in their
 * volumes can be copied out. They bear the bottle's label, and go with all the rest. Where a stranger has taken the name
 * meanwhile, they get another one.
 * @param owned everything the bottle has in the engine
 * @returns the names, with those of the containers that are the bottle's own, and what it has now
 * @throws BottleError `launch-failed`, `backend-unavailable`; the volumes stay
 */
export async function standIn(docker: Docker, { names, label, owned }: Stock & { readonly label: string }): Promise<Stock> {
  const { home, workspace, sidecars } = names.volumes;
  const places = { agent: { [home]: homePath, [workspace]: workspacePath }, sidecars: { [sidecars]: sidecarsFolder } };
  let stock: Stock = { names, owned };
  for (const role of ["agent", "sidecars"] as const) {
    const mounts = Object.entries(places[role]).filter(([volume]) => has(owned, "volume", volume)).flatMap(([volume, path]) => ["--volume", `${volume}:${path}`]);
    if (mounts.length === 0 || has(owned, "container", names[role])) continue;
    const name = await ownName(docker, names[role], owned);
    stock = { ...stock, names: { ...stock.names, [role]: name } };
    if (has(owned, "container", name)) continue;
    const { agent = "bottle-agent" } = await findImages(docker);
    const id = await docker.must(["create", "--name", name, "--network", "none", "--label", `${ownedLabel}=${label}`, ...noProxyArguments, ...mounts, agent, "true"], "The bottle's volumes could not be opened");
    stock = { ...stock, owned: [...stock.owned, { kind: "container", id: id.trim(), name, labels: { [ownedLabel]: label } }] };
  }
  return stock;
}

const lastSuffix = 9;

/** The first name that is the bottle's or nobody's. */
async function ownName(docker: Docker, plain: string, owned: readonly Thing[]): Promise<string> {
  for (let suffix = 1; suffix <= lastSuffix; suffix += 1) {
    const name = suffix === 1 ? plain : `${plain}-stand-in-${suffix}`;
    if (has(owned, "container", name) || !await isTaken(docker, name)) return name;
  }
  throw new BottleError("launch-failed", `The bottle's volumes could not be opened: others have every container name from ${plain} on.`, { mend: "Remove or rename those containers, then run `bottle cleanup`." });
}
