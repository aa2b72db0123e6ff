import type { StateStore } from "@bottle/backend-core";
import { readRecords } from "../audit/read-records.ts";
import { tallyLastStart, tallyText } from "../audit/tally.ts";
import type { Context } from "../context.ts";
import { styleOf } from "../output/style.ts";

/** What happened in this start, on the network, at the git gate and between agent and operator; and how to go on. */
export async function summary(context: Context, state: StateStore, identity: string): Promise<string> {
  const tally = await tallyLastStart(readRecords(state.directory(identity).audit));
  const { workspace } = await state.read(identity);
  const style = styleOf(context);
  const home = workspace.mode === "copy" ? `   ${style.bold(`bottle diff ${identity}`)} shows its changes` : "";
  const alarms = tally.alarms === 0 ? "" : ` ${style.bold(`bottle audit show ${identity}`)} shows them.`;
  return `${identity}: ${tallyText(tally)}${alarms}\n${style.bold(`bottle resume ${identity}`)} goes on${home}`;
}
