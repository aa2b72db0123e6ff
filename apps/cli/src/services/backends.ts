import { join } from "node:path";
import { openStateStore, ownerLabel, selectBackend, type Backend, type BackendContext, type BackendRegistry, type StateStore } from "@bottle/backend-core";
import type { BackendChoice } from "@bottle/manifest";
import { compileCache } from "../compile-cache.ts";
import type { Context } from "../context.ts";
import type { Prestarted } from "./prestart.ts";

/** The state directory of the context's BOTTLE_HOME. */
export function openState(context: Context): StateStore {
  return openStateStore(context.home);
}

/** The backends of this version, loaded when asked for. */
export function registry(context: Pick<Context, "env">, state: StateStore, prestarted?: Prestarted): BackendRegistry {
  return {
    bubblewrap: async () => {
      const { BubblewrapBackend } = await import("@bottle/backend-bubblewrap");
      return new BubblewrapBackend(backendContext(state, prestarted?.sidecars));
    },
    docker: async () => {
      const { DockerBackend } = await import("@bottle/backend-docker");
      return new DockerBackend(backendContext(state, undefined), { env: context.env, waiting: prestarted?.compose });
    },
  };
}

/** The backend a bottle is started on. @throws BottleError `backend-unknown`, `backend-unavailable` */
export function chooseBackend(context: Context, options: { readonly state: StateStore; readonly flag: string | undefined; readonly manifest: BackendChoice; readonly prestarted?: Prestarted | undefined }): Promise<Backend> {
  return selectBackend({ registry: registry(context, options.state, options.prestarted), flag: options.flag, variable: context.env["BOTTLE_BACKEND"], manifest: options.manifest });
}

/** The backend a bottle is on. @throws BottleError `backend-unknown` */
export function backendNamed(context: Pick<Context, "env">, state: StateStore, name: string, prestarted?: Prestarted): Promise<Backend> {
  return selectBackend({ registry: registry(context, state, prestarted), flag: name, manifest: "auto" });
}

function backendContext(state: StateStore, prestarted: Prestarted["sidecars"]): BackendContext {
  return {
    state,
    sidecars: {
      async start(config, options) {
        const configured = { logFile: join(state.directory(config.identity).logs, "sidecars.log"), ...(options?.signal && { signal: options.signal }) };
        if (prestarted) return prestarted.configure(config, configured);
        const { launchSidecars } = await import("@bottle/sidecars");
        return launchSidecars(config, { ownedBy: ownerLabel(state.home, config.identity), compileCache: compileCache(state.home), ...configured });
      },
    },
  };
}
