import { access } from "node:fs/promises";
import { ownerLabel } from "@bottle/backend-core";
import { makeEmptySettings } from "../compose/empty-settings.ts";
import { renderNetworks } from "../compose/render.ts";
import { createDocker } from "../engine/docker.ts";
import { findFreeNames } from "../free-names.ts";
import { checkEngine, type Engine } from "../host/check-host.ts";
import { labelsOf } from "../labels.ts";
import type { ResourceNames } from "../names.ts";
import { makeNetworks } from "./make-networks.ts";

/** A bottle's networks, made ahead of its launch. Disposing removes them unless a launch has taken them. */
export interface PrestartedNetworks extends AsyncDisposable {
  /** What the engine said of itself; undefined if it must be asked again. */
  readonly engine: Promise<Engine | undefined>;
  /** The names they have, of which all others of the bottle are made; undefined if there are none. Never rejects. */
  readonly names: Promise<ResourceNames | undefined>;
  /** Makes them the caller's to remove. Resolves when nothing of them is being made any more: compose makes what is missing. */
  take(): Promise<void>;
}

/**
 * Makes the networks of a bottle that is sure to be launched: nothing of them depends on its manifest, and they take the engine
 * two tenths of a second. Where that cannot be done, nothing is said: the launch itself comes upon the reason.
 * @param options.env the operator's environment: it names the engine
 * @param options.home the BOTTLE_HOME
 */
export function prestartNetworks({ env, home, identity }: { readonly env: Readonly<Record<string, string | undefined>>; readonly home: string; readonly identity: string }): PrestartedNetworks {
  const label = ownerLabel(home, identity);
  const docker = createDocker(env, label);
  const engine = checkEngine(docker, { hasCompose: true }).then((found) => (found.available ? found : undefined)).catch(() => undefined);
  const ids: string[] = [];
  // The settings' folder says that this BOTTLE_HOME may have things in an engine: a cleanup then looks there for them by label.
  const named = Promise.all([engine, findFreeNames(docker, { label }), access(home).then(() => makeEmptySettings(home))]);
  const names = named.then(([found, free]) => found && free).catch(() => undefined);
  const making = named.then(async ([found, free]) => {
    if (!found) return;
    const networks = renderNetworks({ names: free, labels: labelsOf(label), gatewayMode: found.gatewayMode });
    await makeNetworks(docker.api, { project: free.project, networks }, (id) => ids.push(id));
  }).catch(() => undefined);
  let isTaken = false;
  return {
    engine, names,
    take: () => {
      isTaken = true;
      return making;
    },
    [Symbol.asyncDispose]: async () => {
      if (isTaken) return;
      isTaken = true;
      await making;
      if (ids.length > 0) await docker.run(["network", "rm", ...ids]);
    },
  };
}
