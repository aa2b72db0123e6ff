import { resolve } from "node:path";
import { type ControlOrder, giveOrder, StandaloneError, type World } from "@bottle/standalone";
import { readConfig } from "../config/read-config.ts";

/** Gives an order over the control socket and waits until it is carried out. @returns the exit status */
export async function control(world: World, order: ControlOrder, { socket, config, json }: { readonly socket?: string; readonly config: string; readonly json: boolean }): Promise<number> {
  const path = socket === undefined ? await socketOf(config, world) : resolve(world.cwd, socket);
  return giveOrder(world, order, { path, noun: "gate", json });
}

async function socketOf(file: string, world: World): Promise<string> {
  const { control: own } = await readConfig(file, world.cwd);
  if (own !== undefined) return own;
  throw new StandaloneError("usage", `${file} has no control socket.`, { mend: "Add it: operator: { control: /run/git-gate/control.sock }, and restart. Until then: kill -HUP reloads." });
}
