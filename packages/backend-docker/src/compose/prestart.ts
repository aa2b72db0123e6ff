import type { ChildProcess } from "node:child_process";
import { ownerLabel } from "@bottle/backend-core/naming";
import { plainAddress } from "../engine/address.ts";
import { startClient } from "../engine/client.ts";
import { resourceNames } from "../names.ts";
import { upCall, type ComposeCall } from "./call.ts";
import { findComposeProgram } from "./find.ts";
import { settingsFolder } from "./empty-settings.ts";

/** A compose that has been started ahead and waits for its project. */
export interface WaitingCompose extends Disposable {
  /** Its process, to the first who asks for the very call it was started for. */
  take(call: ComposeCall): ChildProcess | undefined;
}

/**
 * Starts the compose of a bottle that is sure to be launched: it loads before it reads what it is to do, version 1 for half a
 * second. Undefined where there is none, or where docker must be asked for the engine's address.
 * @param options.env the operator's environment: it names the engine
 * @param options.home the BOTTLE_HOME
 */
export async function prestartCompose({ env, home, identity }: { readonly env: Readonly<Record<string, string | undefined>>; readonly home: string; readonly identity: string }): Promise<WaitingCompose | undefined> {
  const [program, address] = await Promise.all([findComposeProgram(env), plainAddress(env)]);
  if (!program || (program.major === 1 && address === undefined)) return undefined;
  const label = ownerLabel(home, identity);
  const call = upCall({ ...program, env: program.major === 1 && address !== undefined ? { DOCKER_HOST: address } : {} }, { project: resourceNames({ label }).project, settings: settingsFolder(home) });
  const child = startClient(call.command, { env, label }, { stdio: ["pipe", "pipe", "pipe"], env: call.env });
  // One that cannot be started is told by whoever looks at the engine.
  child.once("error", () => undefined);
  // A start that ends without it must not wait for it.
  child.unref();
  let isTaken = false;
  return {
    take: (wanted) => {
      const hasEnded = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
      if (isTaken || hasEnded || JSON.stringify(wanted) !== JSON.stringify(call)) return undefined;
      isTaken = true;
      child.ref();
      return child;
    },
    [Symbol.dispose]: () => {
      if (!isTaken) child.kill("SIGKILL");
    },
  };
}
