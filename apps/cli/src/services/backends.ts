import { join } from "node:path";
import { openStateStore, ownerLabel, selectBackend, type Backend, type BackendContext, type BackendRegistry, type StateStore } from "@bottle/backend-core";
import type { BackendChoice, Isolation } from "@bottle/manifest";
import { compileCache } from "../compile-cache.ts";
import type { Context } from "../context.ts";
import { CliError, exitStatus } from "../errors.ts";
import { askedBackend } from "./asked-backend.ts";
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
      return new DockerBackend(backendContext(state, undefined), { env: context.env, prestarted: prestarted?.docker });
    },
  };
}

/** The backend a bottle is started on. @throws BottleError `backend-unknown`, `backend-unavailable`, `isolation-too-weak`; CliError `manifest-invalid` */
export function chooseBackend(context: Context, options: { readonly state: StateStore; readonly flag: string | undefined; readonly manifest: BackendChoice; readonly minIsolation: Isolation | undefined; readonly prestarted?: Prestarted | undefined }): Promise<Backend> {
  const { flag, manifest, minIsolation } = options;
  const backends = registry(context, options.state, options.prestarted);
  if (manifest !== "auto" && !Object.hasOwn(backends, manifest) && askedBackend(context, flag, manifest) === manifest) {
    throw new CliError("manifest-invalid", `The bottle asks for \`backend: ${manifest}\`, which is not in this version.`, {
      status: exitStatus.manifest, mend: `Write one of: auto, ${Object.keys(backends).join(", ")}; or name one with --backend, where less isolation will do.`,
    });
  }
  return selectBackend({ registry: backends, flag, variable: context.env["BOTTLE_BACKEND"], manifest, minIsolation });
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
        const configured = { logFile: join(state.directory(config.identity).logs, "sidecars.log"), ...(options?.tokens && { tokens: options.tokens }), ...(options?.onSealed && { onSealed: options.onSealed }), ...(options?.onShow && { onShow: options.onShow }), ...(options?.signal && { signal: options.signal }) };
        if (prestarted) return prestarted.configure(config, configured);
        const { launchSidecars } = await import("@bottle/sidecars");
        return launchSidecars(config, { ownedBy: ownerLabel(state.home, config.identity), compileCache: compileCache(state.home), ...configured });
      },
    },
  };
}
