import { ownerLabel } from "@bottle/backend-core/naming";
import { createDocker } from "../engine/docker.ts";
import { resourceNames } from "../names.ts";
import { findVersion1, upCall, type ComposeCall } from "./compose.ts";
import { settingsFolder } from "./empty-settings.ts";

/** A compose that has been started ahead and waits for its project. */
export interface WaitingCompose extends Disposable {
  /** Its process, to the first who asks for the very call it was started for. */
  take(call: ComposeCall): ReturnType<ReturnType<typeof createDocker>["startProgram"]> | undefined;
}

/** Where docker finds its engine if nothing names another. */
const defaultEngine = "unix:///var/run/docker.sock";

/**
 * Starts the compose of a bottle that is sure to be launched: version 1 loads for half a second before it reads what it is
 * to do. Undefined where compose is version 2.
 * @param options.env the operator's environment: it names the engine
 * @param options.home the BOTTLE_HOME
 */
export async function prestartCompose({ env, home, identity }: { readonly env: Readonly<Record<string, string | undefined>>; readonly home: string; readonly identity: string }): Promise<WaitingCompose | undefined> {
  const version1 = await findVersion1();
  if (!version1) return undefined;
  const label = ownerLabel(home, identity);
  const call = upCall({ ...version1, env: { DOCKER_HOST: env["DOCKER_HOST"] || defaultEngine } }, { project: resourceNames({ label }).project, settings: settingsFolder(home) });
  const child = createDocker(env, label).startProgram(call.command, call);
  // A start that ends without it must not wait for it.
  child.unref();
  let isTaken = false;
  return {
    take: (wanted) => {
      if (isTaken || JSON.stringify(wanted) !== JSON.stringify(call)) return undefined;
      isTaken = true;
      child.ref();
      return child;
    },
    [Symbol.dispose]: () => {
      if (!isTaken) child.kill("SIGKILL");
    },
  };
}
