import { exitStatus, StandaloneError } from "../errors.ts";
import { visible } from "../visible.ts";
import type { World } from "../world.ts";
import { ask } from "./ask.ts";
import type { ControlOrder } from "./model.ts";

/** Gives an order over the control socket and waits until it is carried out. @returns the exit status */
export async function giveOrder(world: World, order: ControlOrder, options: { readonly path: string; readonly noun: string; readonly json: boolean }): Promise<number> {
  const { text, answer } = await ask(options.path, order, options.noun);
  if (options.json) {
    world.out(text.trimEnd());
    return answer.ok ? exitStatus.ok : exitStatus.refused;
  }
  if (!answer.ok) throw new StandaloneError("control-refused", `The ${order} was refused.\n${answer.message}`);
  world.out(describe(order, answer));
  return exitStatus.ok;
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
