import { resolve } from "node:path";
import { type ControlOrder, formatListen, giveOrder, StandaloneError, type World } from "@bottle/standalone";
import { readConfig } from "../config/read-config.ts";

/** Gives an order over the control socket and waits until it is carried out. @returns the exit status */
export async function control(world: World, order: ControlOrder, { socket, config, json }: { readonly socket?: string; readonly config: string; readonly json: boolean }): Promise<number> {
  const path = socket === undefined ? await socketOf(config, world) : resolve(world.cwd, socket);
  return giveOrder(world, order, { path, noun: "proxy", json });
}

async function socketOf(file: string, world: World): Promise<string> {
  const { operator: { control: own, listen } } = await readConfig(file, world.cwd);
  if (own !== undefined) return own;
  if (listen && "unix" in listen) return listen.unix;
  const but = listen ? `, only ${formatListen(listen)}, which takes no orders` : "";
  throw new StandaloneError("usage", `${file} has no control socket${but}.`, { mend: "Add it: operator: { control: /run/egress-addon/control.sock }, and restart. Until then: kill -HUP reloads." });
}
