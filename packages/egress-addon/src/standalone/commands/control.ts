import { resolve } from "node:path";
import { exitStatus, formatListen, StandaloneError, visible, type World } from "@bottle/standalone";
import { readConfig } from "../config/read-config.ts";
import { ask } from "./ask-control.ts";

/** What a running proxy can be told or asked. */
export type ControlOrder = "reload" | "freeze" | "thaw" | "status";

/** Gives an order over the control socket and waits until it is carried out. @returns the exit status */
export async function control(world: World, order: ControlOrder, options: { readonly socket?: string; readonly config: string; readonly json: boolean }): Promise<number> {
  const path = options.socket === undefined ? await socketOf(options.config, world) : resolve(world.cwd, options.socket);
  const { text, answer } = await ask(path, order);
  if (options.json) {
    world.out(text.trimEnd());
    return answer.ok ? exitStatus.ok : exitStatus.refused;
  }
  if (!answer.ok) throw new StandaloneError("control-refused", `The ${order} was refused.\n${answer.message}`);
  world.out(describe(order, answer));
  return exitStatus.ok;
}

async function socketOf(file: string, world: World): Promise<string> {
  const { operator: { control: own, listen } } = await readConfig(file, world.cwd);
  if (own !== undefined) return own;
  if (listen && "unix" in listen) return listen.unix;
  const but = listen ? `, only ${formatListen(listen)}, which takes no orders` : "";
  throw new StandaloneError("usage", `${file} has no control socket${but}.`, { mend: "Add it: operator: { control: /run/egress-addon/control.sock }, and restart. Until then: kill -HUP reloads." });
}

function describe(order: ControlOrder, answer: Readonly<Record<string, unknown>>): string {
  const generation = `generation ${String(answer["generation"])}`;
  const later = Array.isArray(answer["restartNeeded"]) && answer["restartNeeded"].length > 0 ? `\nChanged, but a restart is needed: ${answer["restartNeeded"].map(String).join(", ")}` : "";
  if (order === "reload") return visibleLines(`${generation} is in force${later}`);
  if (order === "freeze") return `frozen, ${generation}`;
  if (order === "thaw") return `thawed, ${generation}`;
  return visibleLines(Object.entries(answer).filter(([key]) => key !== "ok").map(([key, value]) => `${key.padEnd(14)} ${typeof value === "object" ? JSON.stringify(value) : String(value)}`).join("\n"));
}

function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("\n");
}
